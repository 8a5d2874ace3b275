#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "agent/base/file_system.h"
#include "agent/base/unique_fd.h"

namespace belfry {
namespace {

FileInfo::Type TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileInfo::Type::kFile;
  return S_ISDIR(mode) ? FileInfo::Type::kDirectory : FileInfo::Type::kOther;
}

FileInfo InfoOf(const struct stat& st) {
  return {.type = TypeOf(st.st_mode),
          .size = static_cast<uint64_t>(st.st_size),
          .modified = Instant(seconds(st.st_mtim.tv_sec) + std::chrono::nanoseconds(st.st_mtim.tv_nsec)),
          .inode = st.st_ino};
}

Result<UniqueFd> Open(const std::string& path, int flags, uint32_t mode = 0) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd.valid()) return ErrnoError("open " + path);
  return fd;
}

Result<void> WriteAll(int fd, std::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("write " + path);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> SyncFd(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return ErrnoError("sync " + path);
  return {};
}

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

// A rename is durable only once the folder is.
Result<void> SyncParent(const std::string& path) {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(ParentOf(path), O_RDONLY | O_DIRECTORY));
  return SyncFd(fd.get(), path);
}

class PosixAppendFile : public AppendFile {
 public:
  PosixAppendFile(std::string path, UniqueFd fd, uint64_t size)
      : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  Result<void> Append(std::string_view data) override {
    RETURN_IF_ERROR(WriteAll(fd_.get(), data, path_));
    size_ += data.size();
    return {};
  }
  Result<void> Sync() override { return SyncFd(fd_.get(), path_); }
  uint64_t size() const override { return size_; }

 private:
  std::string path_;
  UniqueFd fd_;
  uint64_t size_;
};

// Unique within the process and between processes, so that two writers never share a temporary file.
std::string TemporaryName(const std::string& path) {
  static std::atomic<uint64_t> counter{0};
  return path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(++counter);
}

}  // namespace

Result<std::string> PosixFileSystem::ReadFile(const std::string& path, uint64_t max_bytes) const {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_RDONLY));
  std::string data;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("read " + path);
    if (n == 0) return data;
    data.append(buffer, static_cast<size_t>(n));
    if (data.size() > max_bytes) {
      return Error{Code::kTooLarge,
                   "read " + path + ": larger than the limit of " + std::to_string(max_bytes) + " bytes"};
    }
  }
}

Result<FileInfo> PosixFileSystem::Stat(const std::string& path) const {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return ErrnoError("stat " + path);
  return InfoOf(st);
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::ListDirectory(const std::string& path) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), &::closedir);
  if (!dir) return ErrnoError("open folder " + path);
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat st {};
    // What vanished meanwhile, or points nowhere, is not there.
    if (::fstatat(::dirfd(dir.get()), entry->d_name, &st, 0) == 0)
      entries.push_back({name, TypeOf(st.st_mode)});
    errno = 0;
  }
  if (errno != 0) return ErrnoError("read folder " + path);
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

Result<void> PosixFileSystem::WriteFileAtomically(const std::string& path, std::string_view data,
                                                  uint32_t mode) {
  const std::string temporary = TemporaryName(path);
  const auto write = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(const UniqueFd fd, Open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
    RETURN_IF_ERROR(WriteAll(fd.get(), data, path));
    RETURN_IF_ERROR(SyncFd(fd.get(), path));
    if (::rename(temporary.c_str(), path.c_str()) != 0) return ErrnoError("rename to " + path);
    return SyncParent(path);
  };
  auto written = write();
  if (!written.ok()) ::unlink(temporary.c_str());
  return written;
}

Result<std::unique_ptr<AppendFile>> PosixFileSystem::OpenAppend(const std::string& path, uint32_t mode) {
  ASSIGN_OR_RETURN(UniqueFd fd, Open(path, O_WRONLY | O_CREAT | O_APPEND, mode));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return ErrnoError("stat " + path);
  return std::unique_ptr<AppendFile>(
      std::make_unique<PosixAppendFile>(path, std::move(fd), static_cast<uint64_t>(st.st_size)));
}

Result<void> PosixFileSystem::CreateDirectories(const std::string& path, uint32_t mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      return ErrnoError("create folder " + part);
    }
    if (end == std::string::npos) break;
  }
  ASSIGN_OR_RETURN(const FileInfo info, Stat(path));
  if (info.type != FileInfo::Type::kDirectory) return ErrnoError("create folder " + path, ENOTDIR);
  return {};
}

Result<void> PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return ErrnoError("rename " + from + " to " + to);
  return SyncParent(to);
}

Result<void> PosixFileSystem::RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return ErrnoError("remove " + path, error.value());
  return {};
}

}  // namespace belfry
