#include "agent/base/fake_file_system.h"

#include <cerrno>
#include <filesystem>

namespace belfry {
namespace {

std::string Parent(const std::string& path) { return std::filesystem::path(path).parent_path(); }

bool IsBelow(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) &&
         (folder.ends_with('/') || path[folder.size()] == '/');
}

}  // namespace

class FakeFileSystem::Appender : public AppendFile {
 public:
  Appender(FakeFileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  Result<void> Append(std::string_view data) override {
    RETURN_IF_ERROR(files_.Reserve(path_, data.size()));
    File& file = files_.At(path_);
    file.data.append(data);
    ++file.changes;
    return {};
  }
  Result<void> Sync() override { return {}; }
  uint64_t size() const override { return files_.At(path_).data.size(); }

 private:
  FakeFileSystem& files_;
  std::string path_;
};

FakeFileSystem::File& FakeFileSystem::At(const std::string& path) {
  const auto [it, added] = files_.try_emplace(path);
  if (added) it->second.inode = next_inode_++;
  return it->second;
}

Result<void> FakeFileSystem::Reserve(const std::string& path, size_t bytes) {
  if (!space_left_) return {};
  if (*space_left_ < bytes) return ErrnoError("write " + path, ENOSPC);
  *space_left_ -= bytes;
  return {};
}

Result<std::string> FakeFileSystem::ReadFile(const std::string& path, uint64_t max_bytes) const {
  const auto it = files_.find(path);
  if (it == files_.end()) return ErrnoError("open " + path, ENOENT);
  if (it->second.data.size() > max_bytes) {
    return Error{Code::kTooLarge,
                 "read " + path + ": larger than the limit of " + std::to_string(max_bytes) + " bytes"};
  }
  return it->second.data;
}

Result<FileInfo> FakeFileSystem::Stat(const std::string& path) const {
  if (const auto it = files_.find(path); it != files_.end()) {
    return FileInfo{.type = FileInfo::Type::kFile,
                    .size = it->second.data.size(),
                    .modified = Instant(seconds(it->second.changes)),
                    .inode = it->second.inode};
  }
  if (ListDirectory(path).ok()) return FileInfo{.type = FileInfo::Type::kDirectory};
  return ErrnoError("stat " + path, ENOENT);
}

Result<std::vector<DirectoryEntry>> FakeFileSystem::ListDirectory(const std::string& path) const {
  std::map<std::string, FileInfo::Type> entries;
  bool exists = directories_.contains(path);
  const auto add = [&](const std::string& below, FileInfo::Type type) {
    if (!IsBelow(below, path)) return;
    exists = true;
    const std::string rest = below.substr(path.size() + (path.ends_with('/') ? 0 : 1));
    const size_t slash = rest.find('/');
    entries[rest.substr(0, slash)] = slash == std::string::npos ? type : FileInfo::Type::kDirectory;
  };
  for (const auto& [name, inode] : directories_) add(name, FileInfo::Type::kDirectory);
  for (const auto& [name, file] : files_) add(name, FileInfo::Type::kFile);
  if (!exists) return ErrnoError("open folder " + path, ENOENT);
  std::vector<DirectoryEntry> list;
  for (const auto& [name, type] : entries) list.push_back({name, type});
  return list;
}

Result<void> FakeFileSystem::WriteFileAtomically(const std::string& path, std::string_view data, uint32_t) {
  RETURN_IF_ERROR(Reserve(path, data.size()));
  const uint64_t changes = files_.contains(path) ? files_[path].changes : 0;
  files_[path] = {.data = std::string(data), .inode = next_inode_++, .changes = changes + 1};
  return {};
}

Result<std::unique_ptr<AppendFile>> FakeFileSystem::OpenAppend(const std::string& path, uint32_t) {
  At(path);
  return std::unique_ptr<AppendFile>(std::make_unique<Appender>(*this, path));
}

Result<void> FakeFileSystem::CreateDirectories(const std::string& path, uint32_t) {
  if (files_.contains(path)) return ErrnoError("create folder " + path, ENOTDIR);
  for (std::string folder = path; !folder.empty() && folder != "/"; folder = Parent(folder)) {
    if (directories_.try_emplace(folder, next_inode_).second) ++next_inode_;
  }
  return {};
}

Result<void> FakeFileSystem::Rename(const std::string& from, const std::string& to) {
  const auto it = files_.find(from);
  if (it == files_.end()) return ErrnoError("rename " + from + " to " + to, ENOENT);
  File file = std::move(it->second);
  files_.erase(it);
  files_[to] = std::move(file);
  return {};
}

Result<void> FakeFileSystem::RemoveAll(const std::string& path) {
  std::erase_if(files_, [&](const auto& file) { return file.first == path || IsBelow(file.first, path); });
  std::erase_if(directories_,
                [&](const auto& folder) { return folder.first == path || IsBelow(folder.first, path); });
  return {};
}

}  // namespace belfry
