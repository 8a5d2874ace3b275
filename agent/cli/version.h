// Which build this is.
#pragma once

#include <string>

#include "agent/cli/command_line.h"
#include "exporters/self/self_metrics.h"

namespace belfry::cli {

self::BuildInfo ThisBuild();

// The text of `belfry version`, with a newline.
std::string RenderVersion(const self::BuildInfo& build, Output output);

}  // namespace belfry::cli
