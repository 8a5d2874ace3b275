#include "agent/controllers/pod/container_state.h"

#include "agent/base/backoff.h"

namespace belfry::controllers {
namespace {

constexpr Duration kFirstDelay = seconds(10);
constexpr Duration kLongestDelay = seconds(300);
constexpr Duration kResetAfter = minutes(10);

}  // namespace

std::string ContainerIdText(const runtime::ContainerId& id) {
  return "belfry://" + id.pod_uid + "/" + id.container + "/" + std::to_string(id.attempt);
}

const api::ContainerWaiting* Waiting(const api::ContainerStatus& status) {
  return std::get_if<api::ContainerWaiting>(&status.state);
}

const api::ContainerRunning* Running(const api::ContainerStatus& status) {
  return std::get_if<api::ContainerRunning>(&status.state);
}

const api::ContainerTerminated* Terminated(const api::ContainerStatus& status) {
  return std::get_if<api::ContainerTerminated>(&status.state);
}

bool IsAskedFor(const api::ContainerStatus& status) {
  return Waiting(status) != nullptr && !status.container_id.empty() &&
         Waiting(status)->reason == kContainerCreating;
}

bool IsInBackOff(const api::ContainerStatus& status) {
  return Waiting(status) != nullptr && Waiting(status)->reason == kCrashLoopBackOff;
}

bool IsRefused(const api::ContainerStatus& status) {
  return Waiting(status) != nullptr && Waiting(status)->reason.starts_with("CreateContainer");
}

int32_t NextAttempt(const api::ContainerStatus& status) {
  return status.container_id.empty() ? status.restart_count : status.restart_count + 1;
}

const api::ContainerTerminated* LastEnd(const api::ContainerStatus& status) {
  if (const auto* end = Terminated(status)) return end;
  return status.last_state ? &*status.last_state : nullptr;
}

api::ContainerTerminated EndOf(const runtime::ContainerExited& exited) {
  api::ContainerTerminated end;
  end.exit_code = exited.unknown ? kUnknownExitCode : exited.exit_code;
  end.signal = exited.signal;
  end.reason = exited.unknown ? std::string(kStatusUnknown) : exited.exit_code == 0 ? "Completed" : "Error";
  if (exited.unknown)
    end.message = "Nobody saw how the container ended: the host or the supervisor restarted";
  end.started_at = exited.started_at;
  end.finished_at = exited.finished_at;
  return end;
}

api::ContainerTerminated EndOf(const runtime::ContainerStartFailed& failed) {
  api::ContainerTerminated end;
  end.exit_code = 128;
  end.reason = failed.reason;
  end.message = failed.message;
  end.finished_at = failed.at;
  return end;
}

api::ContainerTerminated LostEnd(const api::ContainerRunning& running, Instant now) {
  api::ContainerTerminated end;
  end.exit_code = kUnknownExitCode;
  end.reason = kStatusUnknown;
  end.message = "The container could not be located when the agent came back";
  end.started_at = running.started_at;
  end.finished_at = now;
  return end;
}

Instant RestartTime(const api::ContainerTerminated& end, int32_t restart) {
  return end.finished_at.value_or(Instant()) + ExponentialDelay(kFirstDelay, kLongestDelay, restart - 1);
}

bool ResetsBackOff(const api::ContainerTerminated& end) {
  return end.started_at && end.finished_at && *end.finished_at - *end.started_at >= kResetAfter;
}

std::string BackOffText(const api::Pod& pod, const std::string& container, Duration delay) {
  return "back-off " + FormatDuration(delay) + " restarting failed container=" + container +
         " pod=" + pod.metadata.name + "_" + pod.metadata.ns + "(" + pod.metadata.uid + ")";
}

}  // namespace belfry::controllers
