#include "agent/logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace belfry::logs {

Result<LogFile> LogFile::Open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError("open " + path);
  return LogFile(path, std::move(fd));
}

Result<size_t> LogFile::ReadAt(uint64_t offset, size_t max_bytes, std::string& out) const {
  const size_t before = out.size();
  out.resize(before + max_bytes);
  ssize_t n = 0;
  do {
    n = ::pread(fd_.get(), out.data() + before, max_bytes, static_cast<off_t>(offset));
  } while (n < 0 && errno == EINTR);
  const int error_number = errno;
  out.resize(before + static_cast<size_t>(n < 0 ? 0 : n));
  if (n < 0) return ErrnoError("read " + path_, error_number);
  return static_cast<size_t>(n);
}

Result<uint64_t> LogFile::Size() const {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) return ErrnoError("stat " + path_);
  return static_cast<uint64_t>(st.st_size);
}

}  // namespace belfry::logs
