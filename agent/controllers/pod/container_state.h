// One container's status: how the runtime's facts change it, and when it may start again.
#pragma once

#include <optional>
#include <string>

#include "agent/api/pod.h"
#include "agent/controllers/pod/facts.h"

namespace belfry::controllers {

inline constexpr std::string_view kContainerCreating = "ContainerCreating";
inline constexpr std::string_view kPodInitializing = "PodInitializing";
inline constexpr std::string_view kCrashLoopBackOff = "CrashLoopBackOff";
inline constexpr std::string_view kStatusUnknown = "ContainerStatusUnknown";

inline constexpr int32_t kUnknownExitCode = 137;

// "belfry://<pod uid>/<container>/<attempt>": set once the attempt is on record, before it is started.
std::string ContainerIdText(const runtime::ContainerId& id);

inline runtime::ContainerId CurrentId(const std::string& pod_uid, const api::ContainerStatus& status) {
  return {pod_uid, status.name, status.restart_count};
}

const api::ContainerWaiting* Waiting(const api::ContainerStatus& status);
const api::ContainerRunning* Running(const api::ContainerStatus& status);
const api::ContainerTerminated* Terminated(const api::ContainerStatus& status);

// Waits with its attempt on record: the runtime has been told to start it, or is about to be.
bool IsAskedFor(const api::ContainerStatus& status);
bool IsInBackOff(const api::ContainerStatus& status);
// Waits because BuildLaunch refused it.
bool IsRefused(const api::ContainerStatus& status);
// The number of the run that has not been asked for yet.
int32_t NextAttempt(const api::ContainerStatus& status);

// The end of the newest run, whether it is shown as state or as lastState.
const api::ContainerTerminated* LastEnd(const api::ContainerStatus& status);

api::ContainerTerminated EndOf(const runtime::ContainerExited& exited);
api::ContainerTerminated EndOf(const runtime::ContainerStartFailed& failed);
// Running on record, but the runtime does not know it.
api::ContainerTerminated LostEnd(const api::ContainerRunning& running, Instant now);

// When a container may run again after `end`, as restart number `restart` since its back-off began (1: at
// once, then after 10, 20, 40, … 300 s). Source: KEP 4603; kubelet's series, measured from the end of the
// run.
Instant RestartTime(const api::ContainerTerminated& end, int32_t restart);

// Ran long enough for its back-off to begin anew: 10 minutes.
bool ResetsBackOff(const api::ContainerTerminated& end);

// "back-off 1m20s restarting failed container=c pod=p_ns(uid)"
std::string BackOffText(const api::Pod& pod, const std::string& container, Duration delay);

}  // namespace belfry::controllers
