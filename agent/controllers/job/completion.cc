#include "agent/controllers/job/completion.h"

#include <algorithm>

#include "agent/controllers/job/job_pods.h"
#include "agent/controllers/job/success_policy.h"
#include "agent/controllers/manifest_seconds.h"

namespace belfry::controllers {
namespace {

api::Condition TrueCondition(std::string_view type, const JobEnd& end, Instant now) {
  return {.type = std::string(type),
          .status = api::ConditionStatus::kTrue,
          .last_probe_time = now,
          .last_transition_time = now,
          .reason = end.reason,
          .message = end.message};
}

JobEnd Failure(std::string reason, std::string message) {
  return {.success = false, .reason = std::move(reason), .message = std::move(message)};
}

// An end that has been announced holds, whatever has changed since.
std::optional<JobEnd> AnnouncedEnd(const api::JobStatus& status) {
  for (const bool success : {true, false}) {
    const auto* interim =
        api::FindCondition(status.conditions, success ? api::kJobSuccessCriteriaMet : api::kJobFailureTarget);
    if (interim == nullptr || interim->status != api::ConditionStatus::kTrue) continue;
    return JobEnd{success, interim->reason, interim->message};
  }
  return std::nullopt;
}

// `failed` over the limit; with OnFailure also restarts at the limit: the two tests differ.
bool ExceedsBackoffLimit(const api::JobSpec& spec, const JobTally& tally) {
  const int64_t limit = spec.backoff_limit.value_or(6);
  if (tally.failed > limit) return true;
  if (spec.pod_template.spec.restart_policy != "OnFailure") return false;
  return limit == 0 ? tally.restarts_of_live_pods > 0 : tally.restarts_of_live_pods >= limit;
}

std::optional<JobEnd> EndByIndexes(const api::JobSpec& spec, const JobTally& tally) {
  if (!IsIndexed(spec)) return std::nullopt;
  if (HasBackoffLimitPerIndex(spec)) {
    const int64_t failed = tally.failed_indexes.size();
    if (spec.max_failed_indexes && failed > *spec.max_failed_indexes) {
      return Failure("MaxFailedIndexesExceeded",
                     "Job has exceeded the specified maximal number of failed indexes");
    }
    if (failed > 0 && failed + tally.completed.size() >= spec.completions.value_or(0)) {
      return Failure("FailedIndexes", "Job has failed indexes");
    }
  }
  if (auto message = MatchSuccessPolicy(spec, tally.completed)) {
    return JobEnd{.success = true, .reason = "SuccessPolicy", .message = *std::move(message)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<JobEnd> FindEnd(const api::JobSpec& spec, const api::JobStatus& status, const JobTally& tally,
                              Instant now) {
  if (auto end = AnnouncedEnd(status)) return end;
  if (tally.fail_job) return Failure("PodFailurePolicy", *tally.fail_job);
  if (ExceedsBackoffLimit(spec, tally)) {
    return Failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (const auto deadline = Deadline(spec, status); deadline && now >= *deadline) {
    return Failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  return EndByIndexes(spec, tally);
}

JobEnd CompletionsReached() {
  return {.success = true,
          .reason = "CompletionsReached",
          .message = "Reached expected number of succeeded pods"};
}

std::optional<Instant> Deadline(const api::JobSpec& spec, const api::JobStatus& status) {
  if (!spec.active_deadline_seconds || !status.start_time || spec.suspend.value_or(false))
    return std::nullopt;
  return *status.start_time + ManifestSeconds(*spec.active_deadline_seconds);
}

api::Condition InterimCondition(const JobEnd& end, Instant now) {
  return TrueCondition(end.success ? api::kJobSuccessCriteriaMet : api::kJobFailureTarget, end, now);
}

api::Condition FinalCondition(const JobEnd& end, Instant now) {
  return TrueCondition(end.success ? api::kJobComplete : api::kJobFailed, end, now);
}

bool SetSuspended(api::JobStatus& status, bool suspended, Instant now) {
  const auto it = std::ranges::find(status.conditions, api::kJobSuspended, &api::Condition::type);
  const auto wanted = suspended ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse;
  if (it == status.conditions.end() ? !suspended : it->status == wanted) return false;
  api::Condition condition{.type = std::string(api::kJobSuspended),
                           .status = wanted,
                           .last_probe_time = now,
                           .last_transition_time = now,
                           .reason = suspended ? "JobSuspended" : "JobResumed",
                           .message = suspended ? "Job suspended" : "Job resumed"};
  if (it == status.conditions.end()) {
    status.conditions.push_back(std::move(condition));
  } else {
    *it = std::move(condition);
  }
  return true;
}

}  // namespace belfry::controllers
