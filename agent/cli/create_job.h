// `belfry create job NAME --from=cronjob/NAME`.
#pragma once

#include <string>

#include "agent/cli/api_client.h"
#include "agent/cli/command_line.h"

namespace belfry::cli {

// What the command prints. Errors: kInvalid for a --from that names no CronJob; those of the agent.
Result<std::string> CreateJob(const CreateJobCommand& command, const ApiClient& client);

int RunCreateJob(const CreateJobCommand& command);

}  // namespace belfry::cli
