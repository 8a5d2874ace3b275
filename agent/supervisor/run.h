// `belfry supervisor`: the role of the binary that owns processes.
#pragma once

#include "agent/supervisor/options.h"

namespace belfry::supervisor {

// Runs until nobody needs it; returns the exit status: 0, also if another supervisor of this data folder runs
// already, or 1. Changes the process: all signals blocked, default dispositions, working directory /, umask
// 022. Requires: no threads yet, SetUpLog done.
int RunSupervisor(const SupervisorOptions& options);

}  // namespace belfry::supervisor
