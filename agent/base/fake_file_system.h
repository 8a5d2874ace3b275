// Files in memory that can run out of space; for tests.
#pragma once

#include <optional>

#include "agent/base/file_system.h"

namespace belfry {

// Folders exist when something is in them or they were created. Thread: one.
class FakeFileSystem : public FileSystem {
 public:
  Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes) const override;
  Result<FileInfo> Stat(const std::string& path) const override;
  Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) const override;
  Result<void> WriteFileAtomically(const std::string& path, std::string_view data,
                                   uint32_t mode = 0644) override;
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::string& path, uint32_t mode = 0644) override;
  Result<void> CreateDirectories(const std::string& path, uint32_t mode = 0755) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> RemoveAll(const std::string& path) override;

  // From here on only so many bytes more can be written: ENOSPC after that. nullopt: no limit.
  void LimitSpace(std::optional<uint64_t> bytes_left) { space_left_ = bytes_left; }

 private:
  class Appender;
  struct File {
    std::string data;
    uint64_t inode = 0;
    uint64_t changes = 0;  // stands for the modification time
  };

  Result<void> Reserve(const std::string& path, size_t bytes);
  File& At(const std::string& path);

  std::map<std::string, File> files_;
  std::map<std::string, uint64_t> directories_;  // path → inode
  std::optional<uint64_t> space_left_;
  uint64_t next_inode_ = 1;
};

}  // namespace belfry
