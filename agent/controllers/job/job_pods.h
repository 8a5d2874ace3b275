// How a Job sees its pods.
#pragma once

#include <optional>
#include <string_view>

#include "agent/api/job.h"
#include "agent/api/pod.h"
#include "agent/controllers/deletion.h"

namespace belfry::controllers {

inline constexpr std::string_view kCompletionIndexAnnotation = "batch.kubernetes.io/job-completion-index";
inline constexpr std::string_view kIndexFailureCountAnnotation =
    "batch.kubernetes.io/job-index-failure-count";
inline constexpr std::string_view kIndexIgnoredFailureCountAnnotation =
    "batch.kubernetes.io/job-index-ignored-failure-count";

inline bool IsActive(const api::Pod& pod) { return !IsTerminal(pod) && !IsEnding(pod); }
inline bool IsTerminating(const api::Pod& pod) { return !IsTerminal(pod) && IsEnding(pod); }

// Terminating pods are neither failed nor replaced before their phase is final.
inline bool ReplacesOnlyFailed(const api::JobSpec& spec) {
  return spec.pod_replacement_policy == "Failed" || spec.pod_failure_policy.has_value();
}
// Somebody else runs the Job.
inline bool IsForeign(const api::JobSpec& spec) {
  return spec.managed_by && *spec.managed_by != "kubernetes.io/job-controller";
}
inline bool HasBackoffLimitPerIndex(const api::JobSpec& spec) {
  return IsIndexed(spec) && spec.backoff_limit_per_index.has_value();
}

// Failed, or as good as failed: being ended, unless the Job waits for the real end.
inline bool CountsAsFailed(const api::JobSpec& spec, const api::Pod& pod) {
  if (pod.status.phase == api::PodPhase::kFailed) return true;
  return IsEnding(pod) && pod.status.phase != api::PodPhase::kSucceeded && !ReplacesOnlyFailed(spec);
}

// Has not been counted yet.
bool IsTracked(const api::Pod& pod);
// The pod's completion index if its annotation is one.
std::optional<int32_t> CompletionIndex(const api::Pod& pod);
// An annotation's count; whatever is no number from 0 to 2147483647 reads as 0.
int32_t CountAnnotation(const api::Pod& pod, std::string_view annotation);
int64_t RestartCount(const api::Pod& pod);
// A container of it has been started: there may be output.
bool HasRun(const api::Pod& pod);
bool IsPodReady(const api::Pod& pod);

// When the pod ended: the last container's end; else when it stopped being ready; else when its deletion was
// asked for; else its creation.
Instant FinishTime(const api::Pod& pod);

}  // namespace belfry::controllers
