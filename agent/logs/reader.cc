#include "agent/logs/reader.h"

#include <algorithm>
#include <utility>

namespace belfry::logs {
namespace {

constexpr size_t kReadBytes = 128 * 1024;
// A line that we wrote is shorter; what is longer is no log line and is skipped rather than collected without
// end.
constexpr size_t kLongestLine = kMaxLineBytes + 128;

// The offset at which the last `wanted` lines of the file begin, and how many there were (fewer than wanted:
// offset 0).
struct TailStart {
  uint64_t offset = 0;
  uint64_t lines = 0;
};

Result<TailStart> FindTail(const LogFile& file, uint64_t wanted) {
  ASSIGN_OR_RETURN(uint64_t end, file.Size());
  TailStart tail;
  const uint64_t size = end;
  while (end > 0) {
    const uint64_t start = end > kReadBytes ? end - kReadBytes : 0;
    std::string block;
    RETURN_IF_ERROR(file.ReadAt(start, static_cast<size_t>(end - start), block));
    for (size_t i = block.size(); i-- > 0;) {
      if (block[i] != '\n' || start + i + 1 == size) continue;
      if (++tail.lines == wanted) return TailStart{.offset = start + i + 1, .lines = wanted};
    }
    end = start;
  }
  // The first line has no newline before it.
  return TailStart{.offset = 0, .lines = size > 0 ? tail.lines + 1 : 0};
}

}  // namespace

LogReader::LogReader(const FileSystem& files, LogPlace place, LogQuery query)
    : files_(files), place_(std::move(place)), query_(query) {}

Result<bool> LogReader::Poll(std::vector<LogLine>& lines, size_t max_lines) {
  if (!file_) {
    ASSIGN_OR_RETURN(const bool started, Start());
    if (!started) return false;
  }
  const size_t limit = lines.size() + max_lines;
  for (;;) {
    TakeLines(lines, limit);
    if (lines.size() >= limit) return true;
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    ASSIGN_OR_RETURN(const bool moved, NextFile());
    if (!moved) return false;
  }
}

Result<std::vector<uint64_t>> LogReader::Sequences() const {
  const auto entries = files_.ListDirectory(place_.folder);
  if (!entries.ok() && entries.error().code == Code::kNotFound) return std::vector<uint64_t>{};
  if (!entries.ok()) return entries.error();
  std::vector<uint64_t> sequences;
  for (const auto& entry : *entries) {
    if (const auto sequence = place_.SequenceOf(entry.name)) sequences.push_back(*sequence);
  }
  std::ranges::sort(sequences);
  return sequences;
}

Result<bool> LogReader::Start() {
  ASSIGN_OR_RETURN(const auto sequences, Sequences());
  if (sequences.empty()) {
    // Nothing is there yet: all that comes is newer than any tail.
    query_.tail_lines.reset();
    return false;
  }
  RETURN_IF_ERROR(query_.tail_lines ? SeekTail(sequences) : OpenAt(sequences.front(), 0));
  return true;
}

Result<void> LogReader::SeekTail(const std::vector<uint64_t>& sequences) {
  uint64_t wanted = *query_.tail_lines;
  for (size_t i = sequences.size(); i-- > 0;) {
    RETURN_IF_ERROR(OpenAt(sequences[i], 0));
    if (wanted == 0) {
      ASSIGN_OR_RETURN(offset_, file_->Size());
      return {};
    }
    ASSIGN_OR_RETURN(const TailStart tail, FindTail(*file_, wanted));
    offset_ = tail.offset;
    if (tail.lines >= wanted) return {};
    wanted -= tail.lines;
  }
  return {};
}

Result<void> LogReader::OpenAt(uint64_t sequence, uint64_t offset) {
  ASSIGN_OR_RETURN(file_, LogFile::Open(place_.File(sequence)));
  sequence_ = sequence;
  offset_ = offset;
  // What is left of a line that will never be finished.
  if (!std::exchange(buffer_, {}).empty()) ++malformed_;
  skipping_ = false;
  return {};
}

Result<bool> LogReader::Fill() {
  ASSIGN_OR_RETURN(const size_t n, file_->ReadAt(offset_, kReadBytes, buffer_));
  offset_ += n;
  return n > 0;
}

Result<bool> LogReader::NextFile() {
  if (!files_.Stat(place_.File(sequence_ + 1)).ok() && files_.Stat(place_.File(sequence_)).ok()) return false;
  ASSIGN_OR_RETURN(const auto sequences, Sequences());
  const auto next = std::ranges::upper_bound(sequences, sequence_);
  if (next == sequences.end()) return false;
  // Something may have been written between our reading the end and the writer's turning to the next file.
  ASSIGN_OR_RETURN(const bool more, Fill());
  if (more) return true;
  RETURN_IF_ERROR(OpenAt(*next, 0));
  return true;
}

void LogReader::TakeLines(std::vector<LogLine>& lines, size_t max_lines) {
  size_t start = 0;
  while (lines.size() < max_lines) {
    const size_t end = buffer_.find('\n', start);
    if (end == std::string::npos) break;
    const auto text = std::string_view(buffer_).substr(start, end - start);
    start = end + 1;
    if (std::exchange(skipping_, false) || text.empty()) continue;
    auto line = ParseLine(text);
    if (!line) ++malformed_;
    if (line && (!query_.since || line->time >= *query_.since)) lines.push_back(std::move(*line));
  }
  buffer_.erase(0, start);
  if (buffer_.size() <= kLongestLine || buffer_.find('\n') != std::string::npos) return;
  if (!std::exchange(skipping_, true)) ++malformed_;
  buffer_.clear();
}

}  // namespace belfry::logs
