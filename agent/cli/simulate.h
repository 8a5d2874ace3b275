// `belfry simulate`: a span of schedules and alerts, on virtual time.
#pragma once

#include "agent/base/file_system.h"
#include "agent/cli/command_line.h"
#include "agent/simulation/scenario.h"

namespace belfry::cli {

// What the command asks for, read from its files. `now` is what the word `now` in times means.
// Errors: kInvalid, every problem a line.
Result<simulation::Scenario> ReadScenario(const FileSystem& files, const SimulateCommand& command,
                                          Instant now);

// Prints the timeline and the summary as they come. Returns the exit code.
int RunSimulation(const SimulateCommand& command, Instant now);

}  // namespace belfry::cli
