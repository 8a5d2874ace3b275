// Turns a container's output into its log files.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/file_system.h"
#include "agent/logs/line.h"
#include "agent/logs/path.h"

namespace belfry::logs {

// How much of one container's output is kept. Units: bytes per file, files per run of a container.
struct LogLimits {
  uint64_t max_file_bytes = 10ULL << 20;
  uint32_t max_files = 5;

  bool operator==(const LogLimits&) const = default;
};

// The log of one run of one container. Makes folder and file at the first output, so that a silent program
// costs nothing. Memory is bounded: at most kMaxLineBytes per stream wait for the end of their line. Errors:
// what cannot be written (a full disk) is dropped and counted; later output is tried again. Thread: one.
class LogWriter {
 public:
  // `files` outlives the writer.
  LogWriter(FileSystem& files, LogPlace place, LogLimits limits);

  // Takes a piece of output as it was read.
  void Write(Stream stream, std::string_view data, Instant now);
  // The output has ended: writes unfinished lines (as partial ones, since no newline came) and closes the
  // file.
  void Finish(Instant now);

  // Output that could not be written. Units: bytes.
  uint64_t dropped_bytes() const { return dropped_bytes_; }
  // What the last write failed with; empty while all is well.
  const std::string& last_error() const { return last_error_; }

 private:
  struct Batch;

  void Collect(Batch& batch, Stream stream, std::string_view data);
  void Flush(Batch& batch);
  Result<void> Append(std::string_view text);
  Result<void> Open();
  Result<void> RotateIfFull(size_t more);

  FileSystem& files_;
  LogPlace place_;
  LogLimits limits_;
  std::unique_ptr<AppendFile> file_;
  uint64_t sequence_ = 0;
  bool opened_before_ = false;
  bool torn_ = false;  // the file may end in the middle of a line
  std::array<std::string, 2> unfinished_;
  uint64_t dropped_bytes_ = 0;
  std::string last_error_;
};

}  // namespace belfry::logs
