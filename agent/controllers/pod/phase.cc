#include "agent/controllers/pod/phase.h"

#include <algorithm>

#include "agent/controllers/pod/container_state.h"

namespace belfry::controllers {

RestartRule RuleOf(const std::string& policy) {
  if (policy == "Never") return RestartRule::kNever;
  return policy == "OnFailure" ? RestartRule::kOnFailure : RestartRule::kAlways;
}

bool RestartDue(const api::ContainerTerminated& end, RestartRule rule) {
  return rule == RestartRule::kAlways || (rule == RestartRule::kOnFailure && end.exit_code != 0);
}

bool EveryAppEnded(const api::PodSpec& spec, const api::PodStatus& status) {
  const RestartRule rule = RuleOf(spec.restart_policy);
  return std::ranges::all_of(status.container_statuses, [&](const api::ContainerStatus& container) {
    const auto* end = Terminated(container);
    return end != nullptr && !RestartDue(*end, rule);
  });
}

Instant LastFinish(const api::PodStatus& status) {
  Instant last;
  for (const auto* list : {&status.init_container_statuses, &status.container_statuses}) {
    for (const api::ContainerStatus& container : *list) {
      const auto* end = Terminated(container);
      if (end != nullptr) last = std::max(last, end->finished_at.value_or(Instant()));
    }
  }
  return last;
}

api::PodPhase FinalPhase(const api::PodStatus& status) {
  const bool succeeded =
      status.reason != kDeadlineExceeded &&
      std::ranges::all_of(status.container_statuses, [](const api::ContainerStatus& container) {
        return Terminated(container) != nullptr && Terminated(container)->exit_code == 0;
      });
  return succeeded ? api::PodPhase::kSucceeded : api::PodPhase::kFailed;
}

api::PodPhase LivePhase(const api::PodStatus& status) {
  const bool waiting =
      std::ranges::any_of(status.container_statuses, [](const api::ContainerStatus& container) {
        return Waiting(container) != nullptr && !container.last_state;
      });
  return waiting ? api::PodPhase::kPending : api::PodPhase::kRunning;
}

bool HasUnknownEnd(const api::PodStatus& status) {
  const auto unknown = [](const api::ContainerStatus& container) {
    return Terminated(container) != nullptr && Terminated(container)->reason == kStatusUnknown;
  };
  return std::ranges::any_of(status.init_container_statuses, unknown) ||
         std::ranges::any_of(status.container_statuses, unknown);
}

}  // namespace belfry::controllers
