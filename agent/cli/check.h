// `belfry check manifests|config`.
#pragma once

#include <string>

#include "agent/cli/command_line.h"

namespace belfry::cli {

struct CheckResult {
  std::string output;  // for standard output
  std::string errors;  // for standard error, a line each; empty: all is well
};

CheckResult Check(const CheckCommand& command);

}  // namespace belfry::cli
