#include "agent/manifest/loader.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace belfry::manifest {
namespace {

bool IsManifestName(std::string_view name) {
  static constexpr std::string_view kEndings[] = {".yaml", ".yml", ".json"};
  return !name.starts_with('.') &&
         std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

// The error about a path, without naming the path twice.
Problem PathProblem(const std::string& path, const Error& error) {
  if (error.code == Code::kTooLarge) {
    return {.file = path,
            .line = 0,
            .column = 0,
            .field = {},
            .message = "larger than " + std::to_string(kMaxFileBytes >> 20) + " MiB"};
  }
  const size_t at = error.message.find(path + ": ");
  return {.file = path,
          .line = 0,
          .column = 0,
          .field = {},
          .message = at == std::string::npos ? error.message : error.message.substr(at + path.size() + 2)};
}

template <class T>
void MoveInto(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

class Loader {
 public:
  Loader(const FileSystem& files, const ParseOptions& options) : files_(files), options_(options) {}

  void Path(const std::string& path, std::optional<std::string_view> stdin_text) {
    if (path == "-") {
      if (!seen_.insert(path).second) return;
      if (stdin_text) return Add(ParseManifests("<stdin>", *stdin_text, options_));
      return Fail(path, {Code::kInvalid, "standard input was not read"});
    }
    const auto info = files_.Stat(path);
    if (!info.ok()) return Fail(path, info.error());
    if (info->type == FileInfo::Type::kDirectory) return Folder(path);
    File(path);
  }

  LoadResult Finish() && {
    MoveInto(result_.errors, FindDuplicates(result_.objects, true));
    return std::move(result_);
  }

 private:
  void Folder(const std::string& path) {
    const auto names = ManifestFiles(files_, path);
    if (!names.ok()) return Fail(path, names.error());
    if (names->empty()) Fail(path, {Code::kInvalid, "no manifests (*.yaml, *.yml, *.json) in this folder"});
    for (const std::string& name : *names) File(name);
  }

  void File(const std::string& path) {
    if (seen_.insert(path).second) Add(LoadFile(files_, path, options_));
  }

  void Add(Parsed parsed) {
    MoveInto(result_.objects, std::move(parsed.objects));
    MoveInto(result_.errors, std::move(parsed.errors));
    MoveInto(result_.warnings, std::move(parsed.warnings));
  }

  void Fail(const std::string& path, const Error& error) {
    result_.errors.push_back(PathProblem(path, error));
  }

  const FileSystem& files_;
  const ParseOptions& options_;
  std::set<std::string> seen_;
  LoadResult result_;
};

}  // namespace

LoadResult Load(const FileSystem& files, std::span<const std::string> paths,
                std::optional<std::string_view> stdin_text, const ParseOptions& options) {
  Loader loader(files, options);
  for (const std::string& path : paths) loader.Path(path, stdin_text);
  return std::move(loader).Finish();
}

Parsed LoadFile(const FileSystem& files, const std::string& path, const ParseOptions& options) {
  const auto text = files.ReadFile(path, kMaxFileBytes);
  if (text.ok()) return ParseManifests(path, *text, options);
  return {.objects = {}, .errors = {PathProblem(path, text.error())}, .warnings = {}};
}

Result<std::vector<std::string>> ManifestFiles(const FileSystem& files, const std::string& folder) {
  ASSIGN_OR_RETURN(const auto entries, files.ListDirectory(folder));
  std::vector<std::string> paths;
  for (const DirectoryEntry& entry : entries) {
    if (entry.type != FileInfo::Type::kFile || !IsManifestName(entry.name)) continue;
    paths.push_back(folder.ends_with('/') ? folder + entry.name : folder + "/" + entry.name);
  }
  return paths;
}

}  // namespace belfry::manifest
