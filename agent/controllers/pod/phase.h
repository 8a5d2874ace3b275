// What a pod's container statuses come to.
#pragma once

#include <string>

#include "agent/api/pod.h"

namespace belfry::controllers {

inline constexpr std::string_view kDeadlineExceeded = "DeadlineExceeded";
// The agent was told to stop and ended the pod: the kubelet's word for a node that shuts down.
inline constexpr std::string_view kTerminatedByAgent = "Terminated";

// Whether a container that ended so is started again.
enum class RestartRule { kNever, kOnFailure, kAlways };
RestartRule RuleOf(const std::string& policy);
bool RestartDue(const api::ContainerTerminated& end, RestartRule rule);

inline bool IsSidecar(const api::Container& container) { return container.restart_policy == "Always"; }

// Every app container has ended for good.
bool EveryAppEnded(const api::PodSpec& spec, const api::PodStatus& status);
// When the last container ended; the epoch if none has.
Instant LastFinish(const api::PodStatus& status);

// Of a pod that is over: Succeeded or Failed.
api::PodPhase FinalPhase(const api::PodStatus& status);
// Of one that is not: Pending or Running.
api::PodPhase LivePhase(const api::PodStatus& status);
// Some container's end was seen by nobody: the host or the supervisor went away under the pod.
bool HasUnknownEnd(const api::PodStatus& status);

}  // namespace belfry::controllers
