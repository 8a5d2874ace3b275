// Starting a supervisor from the agent.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/options.h"

namespace belfry::supervisor {

struct Launched {
  pid_t pid = 0;
  UniqueFd connection;  // to it, already open: what is sent waits until it is ready
};

// Starts `binary arguments… <options>` in a session of its own, with an empty environment, standard error
// appended to
// `<data dir>/supervisor.log` and no other descriptor but the connection. Creates the data folder.
// Errors: kNotFound and the like for the binary and the folder.
Result<Launched> LaunchSupervisor(const std::string& binary, const std::vector<std::string>& arguments,
                                  SupervisorOptions options);

}  // namespace belfry::supervisor
