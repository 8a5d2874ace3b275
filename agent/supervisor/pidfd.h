// Processes by descriptor: for those whose end is watched.
#pragma once

#include <sys/types.h>

#include "agent/base/unique_fd.h"

namespace belfry::supervisor {

// Readable once the process has ended. Invalid if there is no such process, or the kernel has no pidfds.
UniqueFd OpenPidfd(pid_t pid);

// To be asked whenever the loop says that it is readable: a loop may say so of a descriptor's former
// namesake.
bool HasEnded(const UniqueFd& pidfd);

}  // namespace belfry::supervisor
