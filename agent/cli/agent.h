// `belfry agent`: the daemon.
#pragma once

#include "agent/cli/command_line.h"

namespace belfry::cli {

// Runs until a signal: SIGTERM leaves the pods to the next agent, SIGINT ends them (a second one at once).
// Returns the exit code: 0 stopped as told, 1 could not start, 2 bad input.
int RunAgent(const AgentCommand& command);

}  // namespace belfry::cli
