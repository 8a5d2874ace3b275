// Reads the log of one run of a container, over all its files, also while it grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/file_system.h"
#include "agent/logs/line.h"
#include "agent/logs/log_file.h"
#include "agent/logs/path.h"

namespace belfry::logs {

// Which lines are wanted.
struct LogQuery {
  std::optional<Instant> since;        // lines of this moment and later
  std::optional<uint64_t> tail_lines;  // at most the last so many, counted when the reading starts
};

// Requires: `files` outlives it and is the host's file system. Thread: one.
class LogReader {
 public:
  LogReader(const FileSystem& files, LogPlace place, LogQuery query = {});

  // Appends the lines that are new since the last call to `lines`, at most `max_lines`. True if there may be
  // more at once. A log that does not exist (yet) has no lines. Lines that rotation removed before they were
  // read are left out. Errors: those of reading; the next call tries again.
  Result<bool> Poll(std::vector<LogLine>& lines, size_t max_lines = 1000);

  // Lines that could not be understood and were left out.
  uint64_t malformed() const { return malformed_; }

 private:
  Result<std::vector<uint64_t>> Sequences() const;
  Result<bool> Start();
  Result<void> SeekTail(const std::vector<uint64_t>& sequences);
  Result<void> OpenAt(uint64_t sequence, uint64_t offset);
  Result<bool> Fill();
  Result<bool> NextFile();
  void TakeLines(std::vector<LogLine>& lines, size_t max_lines);

  const FileSystem& files_;
  LogPlace place_;
  LogQuery query_;
  std::optional<LogFile> file_;
  uint64_t sequence_ = 0;
  uint64_t offset_ = 0;    // of the byte after `buffer_`
  std::string buffer_;     // read, but not yet given out
  bool skipping_ = false;  // up to the next newline: that line was too long to be one of ours
  uint64_t malformed_ = 0;
};

}  // namespace belfry::logs
