#include "agent/cli/job_observer.h"

#include "agent/controllers/job/failure_policy.h"

namespace belfry::cli {
namespace {

using controllers::FailureAction;
using controllers::PodCreateReason;

const char* NameOf(PodCreateReason reason) {
  switch (reason) {
    case PodCreateReason::kNew:
      return "new";
    case PodCreateReason::kRecreateTerminatingOrFailed:
      return "recreate_terminating_or_failed";
    case PodCreateReason::kRecreateFailed:
      break;
  }
  return "recreate_failed";
}

void CountPolicy(const controllers::PolicyMatches& matches, self::JobMetrics& metrics) {
  const std::pair<FailureAction, const char*> actions[] = {{FailureAction::kCount, "Count"},
                                                           {FailureAction::kIgnore, "Ignore"},
                                                           {FailureAction::kFailIndex, "FailIndex"},
                                                           {FailureAction::kFailJob, "FailJob"}};
  for (const auto& [action, name] : actions) {
    const int32_t pods = matches[static_cast<size_t>(action)];
    if (pods > 0) metrics.PolicyMatched(name, pods);
  }
}

void CountLook(const controllers::JobLook& look, self::JobMetrics& metrics) {
  metrics.Synced(look.completion_mode, look.success, std::string(look.action), ToSeconds(look.took));
  if (!look.success) return;  // what it would have done did not happen
  if (look.pods_succeeded + look.pods_failed > 0)
    metrics.PodsFinished(look.completion_mode, look.pods_succeeded, look.pods_failed);
  if (look.indexes_succeeded + look.indexes_failed > 0)
    metrics.IndexesFinished(look.indexes_succeeded, look.indexes_failed, look.per_index);
  CountPolicy(look.policy_matches, metrics);
  if (look.pods_created + look.pods_not_created > 0)
    metrics.PodsCreated(NameOf(look.create_reason), look.pods_created, look.pods_not_created);
  if (look.finished) metrics.JobFinished(look.completion_mode, *look.finished, look.reason);
}

}  // namespace

controllers::JobObserver ObserveJobs(self::JobMetrics& metrics) {
  return {.looked = [&metrics](const controllers::JobLook& look) { CountLook(look, metrics); },
          .tracked = [&metrics](bool waits) { metrics.Tracked(waits); },
          .foreign = [&metrics](const std::string& manager) { metrics.ForeignJob(manager); }};
}

}  // namespace belfry::cli
