// batch/v1 Job.
// Source: kubernetes/api batch/v1 as of 1.34, all gates on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/api/pod.h"

namespace belfry::api {

struct FailurePolicyOnExitCodes {
  std::optional<std::string> container_name;
  std::string op;  // In, NotIn
  std::vector<int32_t> values;

  bool operator==(const FailurePolicyOnExitCodes&) const = default;
};

struct FailurePolicyOnPodCondition {
  std::string type;
  std::string status = "True";

  bool operator==(const FailurePolicyOnPodCondition&) const = default;
};

struct PodFailurePolicyRule {
  std::string action;  // FailJob, FailIndex, Ignore, Count
  std::optional<FailurePolicyOnExitCodes> on_exit_codes;
  std::vector<FailurePolicyOnPodCondition> on_pod_conditions;

  bool operator==(const PodFailurePolicyRule&) const = default;
};

struct PodFailurePolicy {
  std::vector<PodFailurePolicyRule> rules;

  bool operator==(const PodFailurePolicy&) const = default;
};

struct SuccessPolicyRule {
  std::optional<std::string> succeeded_indexes;
  std::optional<int32_t> succeeded_count;

  bool operator==(const SuccessPolicyRule&) const = default;
};

struct SuccessPolicy {
  std::vector<SuccessPolicyRule> rules;

  bool operator==(const SuccessPolicy&) const = default;
};

struct JobSpec {
  std::optional<int32_t> parallelism;
  std::optional<int32_t> completions;  // absent with parallelism given: a work queue
  std::optional<int64_t> active_deadline_seconds;
  std::optional<PodFailurePolicy> pod_failure_policy;
  std::optional<SuccessPolicy> success_policy;
  std::optional<int32_t> backoff_limit;
  std::optional<int32_t> backoff_limit_per_index;
  std::optional<int32_t> max_failed_indexes;
  std::optional<LabelSelector> selector;
  std::optional<bool> manual_selector;
  PodTemplateSpec pod_template;  // "template"
  std::optional<int32_t> ttl_seconds_after_finished;
  std::string completion_mode;  // NonIndexed, Indexed
  std::optional<bool> suspend;
  std::string pod_replacement_policy;  // TerminatingOrFailed, Failed
  std::optional<std::string> managed_by;

  bool operator==(const JobSpec&) const = default;
};

struct UncountedTerminatedPods {
  std::vector<std::string> succeeded;  // pod uids
  std::vector<std::string> failed;

  bool operator==(const UncountedTerminatedPods&) const = default;
};

// Retry state that upstream keeps in memory only and loses: how many pods failed since the last success, and
// when the newest of them ended. Written as annotations of no Kubernetes field; see docs/jobs.md.
struct JobBackoff {
  int32_t failures_since_success = 0;
  std::optional<Instant> last_failure;

  bool operator==(const JobBackoff&) const = default;
};

struct JobStatus {
  std::vector<Condition> conditions;
  std::optional<Instant> start_time;
  std::optional<Instant> completion_time;
  int32_t active = 0;
  std::optional<int32_t> ready;
  std::optional<int32_t> terminating;
  int32_t succeeded = 0;
  int32_t failed = 0;
  std::string completed_indexes;  // "1,3-5,7"
  std::optional<std::string> failed_indexes;
  std::optional<UncountedTerminatedPods> uncounted_terminated_pods;
  JobBackoff backoff;  // ours: status.belfryBackoff

  bool operator==(const JobStatus&) const = default;
};

struct Job {
  static constexpr Kind kKind = Kind::kJob;
  ObjectMeta metadata;
  JobSpec spec;
  JobStatus status;
  Kept kept;

  bool operator==(const Job&) const = default;
};

inline constexpr std::string_view kJobComplete = "Complete";
inline constexpr std::string_view kJobFailed = "Failed";
inline constexpr std::string_view kJobSuspended = "Suspended";
inline constexpr std::string_view kJobFailureTarget = "FailureTarget";
inline constexpr std::string_view kJobSuccessCriteriaMet = "SuccessCriteriaMet";

inline bool IsComplete(const Job& job) { return IsConditionTrue(job.status.conditions, kJobComplete); }
inline bool IsFailed(const Job& job) { return IsConditionTrue(job.status.conditions, kJobFailed); }
inline bool IsFinished(const Job& job) { return IsComplete(job) || IsFailed(job); }
inline bool IsIndexed(const JobSpec& spec) { return spec.completion_mode == "Indexed"; }

}  // namespace belfry::api
