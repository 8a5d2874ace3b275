// Reading pieces of a file that somebody else is still writing.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.h"
#include "agent/base/unique_fd.h"

namespace belfry::logs {

class LogFile {
 public:
  // Errors: kNotFound and the like of open.
  static Result<LogFile> Open(const std::string& path);

  // Appends up to `max_bytes` from `offset` on to `out`; how many there were, 0 at the present end.
  Result<size_t> ReadAt(uint64_t offset, size_t max_bytes, std::string& out) const;
  Result<uint64_t> Size() const;

 private:
  LogFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace belfry::logs
