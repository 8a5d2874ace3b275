// Plans a container's private view of files.
#pragma once

#include <string>
#include <vector>

#include "agent/base/file_system.h"
#include "agent/supervisor/message.h"
#include "agent/supervisor/mount_plan.h"

namespace belfry::supervisor {

// The folder of the host that each plan builds its root on.
std::string MountRoot(const std::string& data_dir);

// The steps that show the host's files with each mount's source at its target, whether or not the host has
// the target; the host's own folders stay untouched. `hosts`: lines below those of /etc/hosts. Neither: an
// empty plan, the host's view. Requires: MountRoot exists. Errors: those of reading /etc/hosts;
// kFailedPrecondition, naming the mount: a path that is not absolute or has `..`, a source that is not there,
// a target below something that is no folder, or below a host folder with too many entries to show one by
// one.
Result<MountPlan> PlanMounts(const FileSystem& files, const std::string& data_dir,
                             const std::vector<BindMount>& mounts, const std::string& hosts);

}  // namespace belfry::supervisor
