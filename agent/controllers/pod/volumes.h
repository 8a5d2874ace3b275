// A pod's volumes: what must be there before it may start, and what a container sees where; pure.
#pragma once

#include <string>
#include <vector>

#include "agent/controllers/pod/environment.h"
#include "agent/runtime/claim_folders.h"
#include "agent/runtime/runtime.h"

namespace belfry::controllers {

// Why the pod cannot have one of its claims now, in the scheduler's words; empty if it has them all.
// Source: kubernetes pkg/scheduler/framework/plugins/volumebinding, as of 1.34.
std::string UnboundClaim(const api::Pod& pod, const ConfigSource& config);

// Errors: kUnsupported for a volume of a type that this version does not have; kInvalid for a subPathExpr
// that names an unknown variable or leads out of its volume.
Result<std::vector<runtime::Mount>> PlanVolumes(const api::Pod& pod, const api::Container& container,
                                                const Environment& environment,
                                                const runtime::ClaimFolders& claims);

}  // namespace belfry::controllers
