// Manifests from files, folders and standard input.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/file_system.h"
#include "agent/manifest/parse.h"

namespace belfry::manifest {

inline constexpr uint64_t kMaxFileBytes = 8u << 20;

struct LoadResult {
  std::vector<ParsedObject> objects;  // in the order of the paths, then of the text
  std::vector<Problem> errors;        // empty: everything was read
  std::vector<Problem> warnings;
};

// Reads every path: a file, a folder (its own *.yaml, *.yml and *.json in the order of their names; neither
// its folders nor hidden files), or `-` for `stdin_text`. A path given twice is read once; an object defined
// twice is an error that names both places.
LoadResult Load(const FileSystem& files, std::span<const std::string> paths,
                std::optional<std::string_view> stdin_text = {}, const ParseOptions& options = {});

// One file. Errors: also one that cannot be read, or is larger than kMaxFileBytes.
Parsed LoadFile(const FileSystem& files, const std::string& path, const ParseOptions& options = {});

// The manifest files of a folder, with its path in front. Errors: those of listing it.
Result<std::vector<std::string>> ManifestFiles(const FileSystem& files, const std::string& folder);

}  // namespace belfry::manifest
