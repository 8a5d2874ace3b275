// Jobs and pods as plain values, for tables of decisions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/controllers/job/decide.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {

inline Instant At(int64_t s) { return FromUnixSeconds(1'700'000'000 + s); }

inline api::Job TableJob(const std::function<void(api::JobSpec&)>& change = {}) {
  api::Job job;
  job.metadata = {.name = "j", .ns = "default", .uid = "job-uid"};
  job.spec.parallelism = job.spec.completions = 1;
  job.spec.backoff_limit = 6;
  job.spec.completion_mode = "NonIndexed";
  job.spec.pod_replacement_policy = "TerminatingOrFailed";
  job.spec.pod_template.spec.restart_policy = "Never";
  job.status.start_time = At(0);
  if (change) change(job.spec);
  return job;
}

struct PodTraits {
  api::PodPhase phase = api::PodPhase::kRunning;
  int32_t exit_code = 0;  // of ended ones
  Instant finished = At(0);
  std::optional<int32_t> index = std::nullopt;
  int32_t restarts = 0;
  int32_t failures = 0;  // of its index so far
  bool deleting = false;
  bool tracked = true;
  bool ready = false;
};

inline api::Ptr<api::Pod> TablePod(std::string name, const PodTraits& facts) {
  api::Pod pod;
  pod.metadata = {.name = std::move(name), .ns = "default"};
  pod.metadata.uid = pod.metadata.name + "-uid";
  pod.metadata.creation_timestamp = At(0);
  if (facts.tracked) pod.metadata.finalizers.emplace_back(kJobTrackingFinalizer);
  if (facts.deleting) {
    pod.metadata.deletion_timestamp = facts.finished + seconds(30);
    pod.metadata.deletion_grace_period_seconds = 30;
  }
  if (facts.index)
    pod.metadata.annotations[std::string(kCompletionIndexAnnotation)] = std::to_string(*facts.index);
  if (facts.failures > 0)
    pod.metadata.annotations[std::string(kIndexFailureCountAnnotation)] = std::to_string(facts.failures);
  pod.status.phase = facts.phase;
  pod.status.start_time = At(0);
  api::ContainerStatus status{.name = "main", .restart_count = facts.restarts, .container_id = "belfry://x"};
  if (api::IsTerminal(pod)) {
    status.state = api::ContainerTerminated{.exit_code = facts.exit_code, .finished_at = facts.finished};
  } else {
    status.state = api::ContainerRunning{At(0)};
  }
  pod.status.container_statuses = {std::move(status)};
  if (facts.ready) pod.status.conditions = {{.type = "Ready", .status = api::ConditionStatus::kTrue}};
  return std::make_shared<const api::Pod>(std::move(pod));
}

// "FailureTarget:BackoffLimitExceeded Failed:…", those that are True.
inline std::string Ends(const api::JobStatus& status) {
  std::string text;
  for (const api::Condition& condition : status.conditions) {
    if (condition.status == api::ConditionStatus::kTrue)
      text += (text.empty() ? "" : " ") + condition.type + ":" + condition.reason;
  }
  return text;
}

// The look after `decision`: what it counted and ended is carried out.
inline JobDecision Next(api::Job& job, const JobDecision& decision, JobObserved observed, Instant now) {
  job.status = decision.status;
  return DecideJob(job, observed, now);
}

}  // namespace belfry::controllers
