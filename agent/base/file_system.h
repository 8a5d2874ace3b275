// Door: files and folders.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry {

struct FileInfo {
  enum class Type { kFile, kDirectory, kOther };
  Type type = Type::kFile;
  uint64_t size = 0;  // Units: bytes
  Instant modified;
  uint64_t inode = 0;

  bool operator==(const FileInfo&) const = default;
};

struct DirectoryEntry {
  std::string name;
  FileInfo::Type type = FileInfo::Type::kFile;  // symbolic links are followed

  bool operator==(const DirectoryEntry&) const = default;
};

// A file being written at its end. Closed by its destructor.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  // All of `data` or an error; after an error any part may be there.
  virtual Result<void> Append(std::string_view data) = 0;
  virtual Result<void> Sync() = 0;
  virtual uint64_t size() const = 0;  // Units: bytes
};

// Errors of all: those of the system call, with the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Errors: also kTooLarge if the file is longer than `max_bytes` (read to the end, so pipes are bounded
  // too).
  virtual Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes) const = 0;
  virtual Result<FileInfo> Stat(const std::string& path) const = 0;
  // Sorted by name, without `.` and `..`.
  virtual Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) const = 0;
  // After it returns, the path has the whole new content, also after a power loss; before, the whole old one.
  virtual Result<void> WriteFileAtomically(const std::string& path, std::string_view data,
                                           uint32_t mode = 0644) = 0;
  virtual Result<std::unique_ptr<AppendFile>> OpenAppend(const std::string& path, uint32_t mode = 0644) = 0;
  virtual Result<void> CreateDirectories(const std::string& path, uint32_t mode = 0755) = 0;
  virtual Result<void> Rename(const std::string& from, const std::string& to) = 0;
  // A file, or a folder with all in it; what is not there is fine. Never follows symbolic links.
  virtual Result<void> RemoveAll(const std::string& path) = 0;
};

// The host's files. Thread: any.
class PosixFileSystem : public FileSystem {
 public:
  Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes) const override;
  Result<FileInfo> Stat(const std::string& path) const override;
  Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) const override;
  Result<void> WriteFileAtomically(const std::string& path, std::string_view data, uint32_t mode) override;
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::string& path, uint32_t mode) override;
  Result<void> CreateDirectories(const std::string& path, uint32_t mode) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> RemoveAll(const std::string& path) override;
};

}  // namespace belfry
