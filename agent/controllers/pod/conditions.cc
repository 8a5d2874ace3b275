#include "agent/controllers/pod/conditions.h"

#include <algorithm>

namespace belfry::controllers {
namespace {

using api::ConditionStatus;

std::string Bracketed(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() == 1 ? "" : " ") + name;
  return text + "]";
}

std::vector<std::string> Unready(const api::PodSpec& spec, const api::PodStatus& status) {
  std::vector<std::string> names;
  for (size_t i = 0; i < status.init_container_statuses.size(); ++i) {
    const api::ContainerStatus& container = status.init_container_statuses[i];
    if (spec.init_containers[i].restart_policy == "Always" && !container.ready)
      names.push_back(container.name);
  }
  for (const api::ContainerStatus& container : status.container_statuses) {
    if (!container.ready) names.push_back(container.name);
  }
  return names;
}

api::Condition ReadyCondition(std::string_view type, const api::PodSpec& spec, const api::PodStatus& status) {
  api::Condition condition{.type = std::string(type), .status = ConditionStatus::kFalse};
  if (status.phase == api::PodPhase::kSucceeded) {
    condition.reason = "PodCompleted";
  } else if (status.phase == api::PodPhase::kFailed) {
    condition.reason = "PodFailed";
  } else if (const auto unready = Unready(spec, status); !unready.empty()) {
    condition.reason = "ContainersNotReady";
    condition.message = "containers with unready status: " + Bracketed(unready);
  } else {
    condition.status = ConditionStatus::kTrue;
  }
  return condition;
}

api::Condition InitializedCondition(const api::PodStatus& status, bool initialized) {
  api::Condition condition{.type = std::string(kPodInitialized)};
  condition.status = initialized ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  if (initialized && status.phase == api::PodPhase::kSucceeded) condition.reason = "PodCompleted";
  if (initialized) return condition;
  std::vector<std::string> waiting;
  for (const api::ContainerStatus& container : status.init_container_statuses) {
    const auto* end = std::get_if<api::ContainerTerminated>(&container.state);
    if (end == nullptr || end->exit_code != 0) waiting.push_back(container.name);
  }
  condition.reason = "ContainersNotInitialized";
  condition.message = "containers with incomplete status: " + Bracketed(waiting);
  return condition;
}

}  // namespace

void SetCondition(std::vector<api::Condition>& conditions, api::Condition condition, Instant now) {
  const auto it = std::ranges::find(conditions, condition.type, &api::Condition::type);
  if (it == conditions.end()) {
    condition.last_transition_time = now;
    conditions.push_back(std::move(condition));
    return;
  }
  condition.last_transition_time = it->status == condition.status ? it->last_transition_time : now;
  condition.last_probe_time = it->last_probe_time;
  *it = std::move(condition);
}

void SetPodConditions(const api::PodSpec& spec, api::PodStatus& status, bool initialized, Instant now) {
  const auto set = [&](api::Condition condition) {
    SetCondition(status.conditions, std::move(condition), now);
  };
  constexpr size_t kSetBelow = 5;
  status.conditions.reserve(kSetBelow);  // one by one they would move four times
  const bool live = status.phase == api::PodPhase::kPending || status.phase == api::PodPhase::kRunning;
  set({.type = std::string(kPodReadyToStart),
       .status = live ? ConditionStatus::kTrue : ConditionStatus::kFalse});
  set(InitializedCondition(status, initialized));
  set(ReadyCondition(kPodReady, spec, status));
  set(ReadyCondition(kContainersReady, spec, status));
  set({.type = std::string(kPodScheduled), .status = ConditionStatus::kTrue});
}

}  // namespace belfry::controllers
