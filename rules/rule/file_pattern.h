// Names of files with wildcards.
#pragma once

#include <string>
#include <vector>

#include "agent/base/file_system.h"

namespace belfry::rule {

// Whether a path has a `*`, `?` or `[`.
bool IsPattern(const std::string& path);

// The files that match, sorted; each part of the path may hold `*`, `?` and `[a-z]`, which do not match a
// leading dot. What cannot be read matches nothing. A path without wildcards matches if it exists.
std::vector<std::string> MatchFiles(const FileSystem& files, const std::string& pattern);

}  // namespace belfry::rule
