// `belfry test rules`.
#pragma once

#include "agent/base/clock.h"
#include "agent/cli/command_line.h"

namespace belfry::cli {

// Prints as the files run. The exit code is promtool's: 0 all passed, 1 a file failed or could not be read; 2
// for bad usage.
int TestRules(const TestRulesCommand& command, const Clock& clock);

}  // namespace belfry::cli
