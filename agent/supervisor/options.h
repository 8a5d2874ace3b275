// What the supervisor is told on its command line.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/logs/writer.h"

namespace belfry::supervisor {

// How the processes of a container are held together.
enum class TreeMode {
  kAuto,     // by cgroups where they can be made, else by looking
  kCgroups,  // refuse to start without
  kScan,     // by looking through /proc
};

struct SupervisorOptions {
  std::string data_dir;  // absolute
  int agent_fd = -1;     // an agent's connection that is open already; -1: none
  logs::LogLimits log_limits;
  Duration idle_timeout = seconds(30);  // it ends after so long without an agent and a process
  TreeMode tree_mode = TreeMode::kAuto;
  int spawn_threads = 0;  // 0: as many as processors, two to four

  bool operator==(const SupervisorOptions&) const = default;
};

// As arguments for `belfry supervisor`, and back. Errors: kInvalid, naming the argument.
std::vector<std::string> ToArguments(const SupervisorOptions& options);
Result<SupervisorOptions> FromArguments(const std::vector<std::string>& arguments);

// Where the agent finds the supervisor of a data folder.
std::string SocketPath(const std::string& data_dir);

}  // namespace belfry::supervisor
