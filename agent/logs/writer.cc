#include "agent/logs/writer.h"

#include <algorithm>
#include <utility>

namespace belfry::logs {
namespace {

// Short lines grow by the time and the stream in front of them; written in pieces of this size, memory stays
// small.
constexpr size_t kFlushBytes = 256 * 1024;

}  // namespace

// Lines on their way to the file, all read at one moment.
struct LogWriter::Batch {
  std::string time;
  std::string text;
  uint64_t payload = 0;  // how much of the container's own output is in `text`
};

LogWriter::LogWriter(FileSystem& files, LogPlace place, LogLimits limits)
    : files_(files), place_(std::move(place)), limits_(limits) {}

void LogWriter::Write(Stream stream, std::string_view data, Instant now) {
  if (data.empty()) return;
  Batch batch{.time = FormatRfc3339(now), .text = {}, .payload = 0};
  batch.text.reserve(data.size() + 256);
  Collect(batch, stream, data);
  Flush(batch);
}

void LogWriter::Collect(Batch& batch, Stream stream, std::string_view data) {
  std::string& unfinished = unfinished_[static_cast<size_t>(stream)];
  while (!data.empty()) {
    const size_t room = kMaxLineBytes - unfinished.size();
    const size_t newline = data.substr(0, room + 1).find('\n');
    const bool whole = newline != std::string_view::npos;
    if (!whole && data.size() <= room) break;
    const std::string_view piece = data.substr(0, whole ? newline : room);
    AppendLine(batch.text, batch.time, stream, !whole, unfinished.empty() ? piece : unfinished.append(piece));
    batch.payload += unfinished.empty() ? piece.size() : unfinished.size();
    unfinished.clear();
    data.remove_prefix(piece.size() + (whole ? 1 : 0));
    if (batch.text.size() >= kFlushBytes) Flush(batch);
  }
  unfinished.append(data);
}

void LogWriter::Finish(Instant now) {
  Batch batch{.time = FormatRfc3339(now), .text = {}, .payload = 0};
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    std::string& unfinished = unfinished_[static_cast<size_t>(stream)];
    if (unfinished.empty()) continue;
    AppendLine(batch.text, batch.time, stream, true, unfinished);
    batch.payload += unfinished.size();
    unfinished = std::string();
  }
  Flush(batch);
  file_.reset();
}

void LogWriter::Flush(Batch& batch) {
  if (batch.text.empty()) return;
  if (const auto written = Append(batch.text); !written.ok()) {
    dropped_bytes_ += batch.payload;
    last_error_ = written.error().message;
  } else {
    last_error_.clear();
  }
  batch.text.clear();
  batch.payload = 0;
}

Result<void> LogWriter::Append(std::string_view text) {
  if (!file_) RETURN_IF_ERROR(Open());
  RETURN_IF_ERROR(RotateIfFull(text.size()));
  if (torn_) RETURN_IF_ERROR(file_->Append("\n"));
  torn_ = true;
  RETURN_IF_ERROR(file_->Append(text));
  torn_ = false;
  return {};
}

Result<void> LogWriter::Open() {
  if (!opened_before_) {
    RETURN_IF_ERROR(files_.CreateDirectories(place_.folder, 0750));
    // After a crash of the supervisor the same run's output goes on where it was.
    ASSIGN_OR_RETURN(const auto entries, files_.ListDirectory(place_.folder));
    for (const auto& entry : entries)
      sequence_ = std::max(sequence_, place_.SequenceOf(entry.name).value_or(0));
  }
  ASSIGN_OR_RETURN(file_, files_.OpenAppend(place_.File(sequence_), 0640));
  if (!opened_before_) torn_ = file_->size() > 0;
  opened_before_ = true;
  return {};
}

Result<void> LogWriter::RotateIfFull(size_t more) {
  if (file_->size() == 0 || file_->size() + more <= limits_.max_file_bytes) return {};
  ASSIGN_OR_RETURN(file_, files_.OpenAppend(place_.File(sequence_ + 1), 0640));
  ++sequence_;
  torn_ = false;
  if (sequence_ < limits_.max_files) return {};
  return files_.RemoveAll(place_.File(sequence_ - limits_.max_files));
}

}  // namespace belfry::logs
