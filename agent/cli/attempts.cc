#include "agent/cli/attempts.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "agent/controllers/job/backoff.h"
#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::cli {
namespace {

using controllers::NextCreation;

constexpr int32_t kNoLimit = std::numeric_limits<int32_t>::max();

std::string In(Instant when, Instant now) { return when <= now ? "now" : "in " + ElapsedText(when - now); }

int32_t LimitOf(const api::Job& job) { return job.spec.backoff_limit.value_or(6); }

bool HasOneCompletion(const api::JobSpec& spec) {
  return spec.completions == 1 && spec.pod_template.spec.restart_policy == "Never";
}

const api::ContainerTerminated* LastEndOf(const api::ContainerStatus& status) {
  if (const auto* end = std::get_if<api::ContainerTerminated>(&status.state)) return end;
  return status.last_state ? &*status.last_state : nullptr;
}

const api::ContainerStatus* FindStatus(const api::Pod& pod, const std::string& name) {
  for (const auto* list : {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    const auto it = std::ranges::find(*list, name, &api::ContainerStatus::name);
    if (it != list->end()) return &*it;
  }
  return nullptr;
}

bool IsBackingOff(const api::ContainerStatus& status) {
  const auto* waiting = std::get_if<api::ContainerWaiting>(&status.state);
  return waiting != nullptr && waiting->reason == "CrashLoopBackOff";
}

std::string RestartOf(const api::Job& job, const api::ContainerStatus* before,
                      const api::ContainerStatus& status) {
  const bool waits = IsBackingOff(status);
  const bool waited = before != nullptr && IsBackingOff(*before);
  const int32_t was = before == nullptr ? 0 : before->restart_count;
  const bool restarted = status.restart_count > was && !waited;  // a wait before it has been told of
  const auto* end = LastEndOf(status);
  if (end == nullptr || !(restarted || (waits && !waited))) return {};
  const int32_t number = status.restart_count + (waits ? 1 : 0);
  // The message of a waiting container begins "back-off 10s restarting …".
  std::string when = "at once";
  if (waits) {
    const std::string& message = std::get<api::ContainerWaiting>(status.state).message;
    const size_t from = std::min(message.find(' '), message.size() - 1) + 1;
    when = "in " + message.substr(from, message.find(' ', from) - from);
  }
  const std::string limit =
      LimitOf(job) == kNoLimit ? "" : fmt::format(" of at most {}", std::max(LimitOf(job), 1));
  return fmt::format("container {} ended with exit code {}, restart {}{} {}", status.name, end->exit_code,
                     number, limit, when);
}

}  // namespace

std::string ElapsedText(Duration d) {
  if (d < seconds(10)) return fmt::format("{:.1f}s", ToSeconds(std::max(d, Duration(0))));
  return FormatDuration(std::chrono::floor<seconds>(d));
}

std::optional<Instant> NextTry(const api::Job& job, Instant now) {
  if (api::IsFinished(job) || job.status.active > 0) return std::nullopt;
  const auto next = NextCreation(job.status.backoff);
  return next && *next > now ? next : std::nullopt;
}

std::string FailureText(const api::Job& before, const api::Job& job, Instant now) {
  if (controllers::HasBackoffLimitPerIndex(job.spec) || api::IsFinished(job)) return {};
  if (api::FindCondition(job.status.conditions, api::kJobFailureTarget) != nullptr) return {};
  const auto next = NextCreation(job.status.backoff);
  const bool ignored =
      job.status.failed == before.status.failed &&
      job.status.backoff.failures_since_success > before.status.backoff.failures_since_success;
  const std::string try_again = next ? ", next try " + In(*next, now) : "";
  if (ignored) return "the failure is ignored (podFailurePolicy)" + try_again;
  if (job.status.failed <= before.status.failed) return {};
  const int64_t most = int64_t{LimitOf(job)} + 1;
  if (LimitOf(job) == kNoLimit) return fmt::format("failure {}{}", job.status.failed, try_again);
  if (HasOneCompletion(job.spec))
    return fmt::format("attempt {} of {} failed{}", job.status.failed, most, try_again);
  return fmt::format("failure {} of at most {}{}", job.status.failed, most, try_again);
}

std::string IndexFailureText(const api::Job& job, const api::Pod& pod, Instant now) {
  const auto index = controllers::CompletionIndex(pod);
  if (!controllers::HasBackoffLimitPerIndex(job.spec) || !index) return {};
  const auto match = controllers::MatchFailurePolicy(job.spec, pod);
  const int32_t limit = *job.spec.backoff_limit_per_index;
  const int32_t before = controllers::CountAnnotation(pod, controllers::kIndexFailureCountAnnotation);
  const std::string head =
      fmt::format("index {}: attempt {} of {} failed", *index, before + 1, int64_t{limit} + 1);
  const std::string next = "next try " + In(controllers::NextCreationOfIndex(pod), now);
  switch (match.action) {
    case controllers::FailureAction::kFailJob:
      return {};
    case controllers::FailureAction::kFailIndex:
      return fmt::format("index {} failed for good (podFailurePolicy)", *index);
    case controllers::FailureAction::kIgnore:
      return fmt::format("index {}: the failure is ignored (podFailurePolicy), {}", *index, next);
    case controllers::FailureAction::kCount:
      break;
  }
  return before >= limit ? head + ", the index failed for good" : head + ", " + next;
}

std::string RestartText(const api::Job& job, const api::Pod* before, const api::Pod& pod) {
  for (const auto* list : {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    for (const api::ContainerStatus& status : *list) {
      std::string text =
          RestartOf(job, before == nullptr ? nullptr : FindStatus(*before, status.name), status);
      if (!text.empty()) return text;
    }
  }
  return {};
}

std::string AttemptText(const api::Job& job) {
  if (!HasOneCompletion(job.spec) || job.status.failed == 0 || LimitOf(job) == kNoLimit) return {};
  return fmt::format(" (attempt {} of {})", job.status.failed + 1, int64_t{LimitOf(job)} + 1);
}

std::string Standstill(const api::JobSpec& spec) {
  if (controllers::IsForeign(spec))
    return fmt::format("managedBy is {}: Belfry leaves this Job to it, so nothing will run",
                       *spec.managed_by);
  if (spec.suspend.value_or(false))
    return "suspended (spec.suspend is true): nothing will run until it is resumed";
  if (spec.parallelism == 0 && spec.completions != 0)
    return "parallelism is 0: nothing will run until it is raised";
  return {};
}

}  // namespace belfry::cli
