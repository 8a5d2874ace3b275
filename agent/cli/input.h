// What `belfry run` and `belfry check` are given to read.
#pragma once

#include <string>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/file_system.h"
#include "agent/cli/command_line.h"

namespace belfry::cli {

// Standard input, as far as it is worth reading; what is longer is refused by the loader.
std::string ReadStandardInput();

struct JobInput {
  std::vector<api::Object> objects;  // all but CronJobs, which need an agent
  std::vector<std::string> warnings;
};

// Reads manifests for a run. Errors: kInvalid, every problem a line; or that there is no Job in them.
Result<JobInput> ReadJobs(const FileSystem& files, const std::vector<std::string>& paths);

}  // namespace belfry::cli
