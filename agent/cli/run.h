// `belfry run`: Jobs in the foreground.
#pragma once

#include <string>

#include "agent/cli/command_line.h"

namespace belfry::cli {

// Runs the Jobs of the manifests to their ends, with state in a folder below `temporary_folder` that is gone
// afterwards. SIGINT and SIGTERM stop them (a second one at once). Returns the exit code: 0 all Complete, 1
// not, 2 bad input.
int RunJobs(const RunCommand& command, const std::string& temporary_folder);

}  // namespace belfry::cli
