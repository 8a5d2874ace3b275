// Performing a mount plan, in a process that is about to execute its program.
#pragma once

#include <cstddef>
#include <string>

#include "agent/supervisor/mount_plan.h"

namespace belfry::supervisor {

inline constexpr size_t kMountsDone = ~size_t{0};

// Gives the calling process a mount namespace of its own in which the plan's root is `/`. Returns
// kMountsDone, or the index of the step that failed (steps.size() for those around the plan), with errno set.
// Allocates nothing.
size_t PerformMounts(const MountPlan& plan);

// `mount /srv/app at /app: No such file or directory`.
std::string MountErrorText(const MountPlan& plan, size_t index, int error_number);

}  // namespace belfry::supervisor
