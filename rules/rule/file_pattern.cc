#include "rules/rule/file_pattern.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace belfry::rule {
namespace {

bool Exists(const FileSystem& files, const std::filesystem::path& path) {
  return files.Stat(path.string()).ok();
}

// Every path of `folders` with each entry that fits `part`.
std::vector<std::filesystem::path> Step(const FileSystem& files,
                                        const std::vector<std::filesystem::path>& folders,
                                        const std::string& part, bool last) {
  std::vector<std::filesystem::path> found;
  for (const std::filesystem::path& folder : folders) {
    if (!IsPattern(part)) {
      if (Exists(files, folder / part)) found.push_back(folder / part);
      continue;
    }
    const auto entries = files.ListDirectory(folder.empty() ? "." : folder.string());
    if (!entries.ok()) continue;
    for (const DirectoryEntry& entry : *entries) {
      const auto wanted = last ? FileInfo::Type::kFile : FileInfo::Type::kDirectory;
      if (entry.type == wanted && ::fnmatch(part.c_str(), entry.name.c_str(), FNM_PERIOD) == 0)
        found.push_back(folder / entry.name);
    }
  }
  return found;
}

}  // namespace

bool IsPattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

std::vector<std::string> MatchFiles(const FileSystem& files, const std::string& pattern) {
  if (!IsPattern(pattern))
    return Exists(files, pattern) ? std::vector<std::string>{pattern} : std::vector<std::string>{};
  const std::filesystem::path path(pattern);
  std::vector<std::filesystem::path> found = {path.root_path()};
  const std::filesystem::path parts = path.relative_path();
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    found = Step(files, found, part->string(), std::next(part) == parts.end());
  }
  std::vector<std::string> names;
  for (const std::filesystem::path& one : found) names.push_back(one.string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace belfry::rule
