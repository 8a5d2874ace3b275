#include "exporters/cronjob/facts.h"

#include <algorithm>

#include "agent/api/cronjob.h"

namespace belfry::cronjob {
namespace {

std::optional<Instant> StartOf(const api::ContainerStatus& status) {
  if (const auto* running = std::get_if<api::ContainerRunning>(&status.state)) return running->started_at;
  if (const auto* terminated = std::get_if<api::ContainerTerminated>(&status.state))
    return terminated->started_at;
  return std::nullopt;
}

}  // namespace

std::optional<JobEnd> EndOf(const api::Job& job) {
  const auto* complete = api::FindCondition(job.status.conditions, api::kJobComplete);
  const auto* failed = api::FindCondition(job.status.conditions, api::kJobFailed);
  const auto holds = [](const api::Condition* condition) {
    return condition != nullptr && condition->status == api::ConditionStatus::kTrue;
  };
  if (!holds(complete) && !holds(failed)) return std::nullopt;
  const bool succeeded = holds(complete);
  const auto transition = (succeeded ? complete : failed)->last_transition_time;
  const auto at = succeeded && job.status.completion_time ? job.status.completion_time : transition;
  return JobEnd{succeeded, at.value_or(job.status.start_time.value_or(Instant()))};
}

std::optional<Instant> ScheduledInstant(const api::Job& job) {
  const auto annotation = job.metadata.annotations.find(api::kScheduledTimestampAnnotation);
  // A past slot's run on request is not late.
  if (job.metadata.annotations.contains(api::kBackfillAnnotation)) return std::nullopt;
  if (annotation == job.metadata.annotations.end()) return std::nullopt;
  const auto instant = ParseRfc3339(annotation->second);
  return instant.ok() ? std::optional(*instant) : std::nullopt;
}

std::optional<Instant> FirstStart(const api::Pod& pod) {
  std::optional<Instant> first;
  const auto look = [&first](const api::ContainerStatus& status) {
    const auto start = StartOf(status);
    if (start && (!first || *start < *first)) first = start;
  };
  std::for_each(pod.status.init_container_statuses.begin(), pod.status.init_container_statuses.end(), look);
  std::for_each(pod.status.container_statuses.begin(), pod.status.container_statuses.end(), look);
  return first;
}

std::optional<PodExit> ExitOf(const api::Pod& pod) {
  PodExit exit;
  if (!api::IsTerminal(pod) || pod.status.container_statuses.empty()) return std::nullopt;
  for (const api::ContainerStatus& status : pod.status.container_statuses) {
    const auto* terminated = std::get_if<api::ContainerTerminated>(&status.state);
    if (terminated == nullptr) return std::nullopt;
    if (exit.code == 0) exit.code = terminated->exit_code;
    if (terminated->finished_at) exit.at = std::max(exit.at, *terminated->finished_at);
  }
  return exit;
}

}  // namespace belfry::cronjob
