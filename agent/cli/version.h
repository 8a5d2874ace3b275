// Which build this is.
#pragma once

#include <string>

#include "agent/cli/command_line.h"

namespace belfry::cli {

struct BuildInfo {
  std::string version;   // "0.1.0"
  std::string revision;  // git's short hash, or "unknown"
  std::string branch;
  std::string compiler;  // "gcc 12.2.0"
};

BuildInfo ThisBuild();

// The text of `belfry version`, with a newline.
std::string RenderVersion(const BuildInfo& build, Output output);

}  // namespace belfry::cli
