#include "agent/controllers/job/failure_policy.h"

#include <algorithm>
#include <optional>

namespace belfry::controllers {
namespace {

using Statuses = std::vector<api::ContainerStatus>;

std::optional<FailureAction> ActionOf(const api::PodFailurePolicyRule& rule, const api::JobSpec& spec) {
  if (rule.action == "Count") return FailureAction::kCount;
  if (rule.action == "Ignore") return FailureAction::kIgnore;
  if (rule.action == "FailJob") return FailureAction::kFailJob;
  if (rule.action == "FailIndex" && spec.backoff_limit_per_index) return FailureAction::kFailIndex;
  return std::nullopt;
}

bool ExitCodeFits(const api::FailurePolicyOnExitCodes& rule, int32_t code) {
  const bool listed = std::ranges::find(rule.values, code) != rule.values.end();
  return (rule.op == "In" && listed) || (rule.op == "NotIn" && !listed);
}

const api::ContainerStatus* FindFitting(const api::FailurePolicyOnExitCodes& rule, const Statuses& statuses) {
  const auto it = std::ranges::find_if(statuses, [&](const api::ContainerStatus& status) {
    if (rule.container_name && *rule.container_name != status.name) return false;
    const auto* end = std::get_if<api::ContainerTerminated>(&status.state);
    return end != nullptr && end->exit_code != 0 && ExitCodeFits(rule, end->exit_code);
  });
  return it == statuses.end() ? nullptr : &*it;
}

std::string PodName(const api::Pod& pod) { return pod.metadata.ns + "/" + pod.metadata.name; }

std::string Matching(const api::PodFailurePolicyRule& rule, size_t index) {
  return " matching " + rule.action + " rule at index " + std::to_string(index);
}

std::optional<std::string> MatchExitCodes(const api::PodFailurePolicyRule& rule, size_t index,
                                          const api::Pod& pod) {
  for (const Statuses* statuses : {&pod.status.container_statuses, &pod.status.init_container_statuses}) {
    const api::ContainerStatus* fitting = FindFitting(*rule.on_exit_codes, *statuses);
    if (fitting == nullptr) continue;
    const int32_t code = std::get<api::ContainerTerminated>(fitting->state).exit_code;
    return "Container " + fitting->name + " for pod " + PodName(pod) + " failed with exit code " +
           std::to_string(code) + Matching(rule, index);
  }
  return std::nullopt;
}

std::string_view StatusText(api::ConditionStatus status) {
  switch (status) {
    case api::ConditionStatus::kTrue:
      return "True";
    case api::ConditionStatus::kFalse:
      return "False";
    case api::ConditionStatus::kUnknown:
      break;
  }
  return "Unknown";
}

std::optional<std::string> MatchConditions(const api::PodFailurePolicyRule& rule, size_t index,
                                           const api::Pod& pod) {
  for (const api::FailurePolicyOnPodCondition& wanted : rule.on_pod_conditions) {
    const api::Condition* found = api::FindCondition(pod.status.conditions, wanted.type);
    if (found == nullptr || StatusText(found->status) != wanted.status) continue;
    return "Pod " + PodName(pod) + " has condition " + wanted.type + Matching(rule, index);
  }
  return std::nullopt;
}

}  // namespace

FailureMatch MatchFailurePolicy(const api::JobSpec& spec, const api::Pod& pod) {
  if (!spec.pod_failure_policy || pod.status.phase != api::PodPhase::kFailed) return {};
  const auto& rules = spec.pod_failure_policy->rules;
  for (size_t i = 0; i < rules.size(); ++i) {
    const auto action = ActionOf(rules[i], spec);
    if (!action) continue;
    const auto matched =
        rules[i].on_exit_codes ? MatchExitCodes(rules[i], i, pod) : MatchConditions(rules[i], i, pod);
    if (!matched) continue;
    return {*action, *action == FailureAction::kFailJob ? *matched : std::string(), true};
  }
  return {};
}

}  // namespace belfry::controllers
