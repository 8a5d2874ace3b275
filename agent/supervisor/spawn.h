// The birth of one process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/mount_plan.h"
#include "agent/supervisor/program.h"

namespace belfry::supervisor {

// Where the child runs until it executes its program. One per thread that spawns.
class ChildStack {
 public:
  ChildStack();
  ~ChildStack();
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  char* base() const { return base_; }
  size_t size() const;

 private:
  char* base_;
};

struct SpawnSpec {
  const Program& program;
  const MountPlan& mounts;  // empty: the host's view of files
  int null_fd = -1;         // standard input
  int stdout_fd = -1;
  int stderr_fd = -1;
  int cgroup_fd = -1;            // the folder of the cgroup to be born in; -1: the caller's
  uint64_t open_files_soft = 0;  // RLIMIT_NOFILE as it was before the supervisor raised its own
  uint64_t open_files_hard = 0;
};

// What could not be done.
enum class SpawnStep { kClone, kCgroup, kMount, kWorkingDir, kStreams, kExec };

struct SpawnOutcome {
  pid_t pid = 0;         // also of a child that failed; 0: there was none
  int error_number = 0;  // 0: the program runs; else what failed is:
  SpawnStep step = SpawnStep::kClone;
  size_t index = 0;  // of the candidate (kExec) or of the mount step (kMount)
};

// Starts the program in a session of its own, with default signals, an empty mask and no descriptor beyond
// the three streams. Returns once the program has been executed or has failed to be; a failed child has to be
// waited for like any other. Requires: descriptors 0 to 2 are in use; every signal is blocked in the calling
// thread. Thread: any, one stack each.
SpawnOutcome Spawn(const SpawnSpec& spec, const ChildStack& stack);

// The sentence and the Kubernetes reason for a failed outcome.
struct SpawnError {
  std::string reason;
  std::string message;
};
SpawnError Explain(const SpawnSpec& spec, const SpawnOutcome& outcome);

}  // namespace belfry::supervisor
