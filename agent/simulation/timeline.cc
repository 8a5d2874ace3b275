#include "agent/simulation/timeline.h"

#include <fmt/core.h>

namespace belfry::simulation {
namespace {

// The name of the CronJob that made the Job; empty: none did.
std::string OwnerOf(const api::Job& job) {
  const api::OwnerReference* owner = api::ControllerOf(job.metadata);
  return owner != nullptr && owner->kind == api::KindName(api::Kind::kCronJob) ? owner->name : std::string();
}

const api::Condition* EndOf(const api::Job& job) {
  for (const auto type : {api::kJobFailed, api::kJobComplete}) {
    if (api::IsConditionTrue(job.status.conditions, type))
      return api::FindCondition(job.status.conditions, type);
  }
  return nullptr;
}

api::Ptr<api::Job> JobIn(const std::optional<api::Object>& object) {
  return object ? api::As<api::Job>(*object) : nullptr;
}

// Its failures will not be followed by another try.
bool IsOver(const api::Job& job) {
  return job.metadata.deletion_timestamp ||
         api::IsConditionTrue(job.status.conditions, api::kJobFailureTarget) ||
         (job.spec.backoff_limit && job.status.failed > *job.spec.backoff_limit);
}

}  // namespace

std::string_view EventKindName(EventKind kind) {
  switch (kind) {
    case EventKind::kStarted:
      return "started";
    case EventKind::kHeld:
      return "held";
    case EventKind::kSkipped:
      return "skipped";
    case EventKind::kMissed:
      return "missed";
    case EventKind::kReplaced:
      return "replaced";
    case EventKind::kRetried:
      return "retried";
    case EventKind::kSucceeded:
      return "succeeded";
    case EventKind::kFailed:
      return "failed";
    case EventKind::kAlertPending:
      return "alert-pending";
    case EventKind::kAlertFiring:
      return "alert-firing";
    case EventKind::kAlertResolved:
      return "alert-resolved";
    case EventKind::kAlertCleared:
      return "alert-cleared";
  }
  return "";
}

Event Timeline::SlotEvent(EventKind kind, const api::CronJob& cronjob, Instant slot) const {
  return {.at = clock_.Now(),
          .kind = kind,
          .ns = cronjob.metadata.ns,
          .cronjob = cronjob.metadata.name,
          .slot = slot};
}

Event Timeline::JobEvent(EventKind kind, const api::Job& job) const {
  return {.at = clock_.Now(),
          .kind = kind,
          .ns = job.metadata.ns,
          .cronjob = OwnerOf(job),
          .job = job.metadata.name};
}

// --- Slots ---

void Timeline::OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record) {
  if (const auto* started = std::get_if<controllers::SlotStarted>(&record))
    return OnStarted(cronjob, *started);
  if (const auto* missed = std::get_if<controllers::SlotsMissed>(&record)) return OnMissed(cronjob, *missed);
  if (const auto* held = std::get_if<controllers::SlotHeld>(&record)) return OnHeld(cronjob, *held);
  OnReplaced(cronjob, std::get<controllers::JobReplaced>(record));
}

void Timeline::OnStarted(const api::CronJob& cronjob, const controllers::SlotStarted& started) {
  held_.erase({cronjob.metadata.ns, cronjob.metadata.name});
  Event event = SlotEvent(EventKind::kStarted, cronjob, started.slot);
  event.job = started.job;
  event.took = started.delay;
  sink_(event);
}

void Timeline::OnMissed(const api::CronJob& cronjob, const controllers::SlotsMissed& missed) {
  const bool skipped = missed.reason == controllers::MissReason::kConcurrency;
  Event event = SlotEvent(skipped ? EventKind::kSkipped : EventKind::kMissed, cronjob, missed.newest);
  event.count = missed.count;
  event.reason = skipped ? cronjob.spec.concurrency_policy : controllers::MissReasonName(missed.reason);
  sink_(event);
}

// Told at each look; once is enough for a reader.
void Timeline::OnHeld(const api::CronJob& cronjob, const controllers::SlotHeld& held) {
  const auto [known, added] = held_.try_emplace({cronjob.metadata.ns, cronjob.metadata.name}, held.slot);
  if (!added && known->second == held.slot) return;
  known->second = held.slot;
  Event event = SlotEvent(EventKind::kHeld, cronjob, held.slot);
  event.reason = cronjob.spec.concurrency_policy;
  if (!cronjob.status.active.empty()) event.job = cronjob.status.active.front().name;
  sink_(event);
}

void Timeline::OnReplaced(const api::CronJob& cronjob, const controllers::JobReplaced& replaced) {
  Event event = SlotEvent(EventKind::kReplaced, cronjob, replaced.slot);
  event.job = replaced.job;
  sink_(event);
}

// --- Objects ---

void Timeline::OnChanges(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    if (change.key.kind == api::Kind::kJob && change.after)
      OnJob(JobIn(change.before).get(), *JobIn(change.after));
  }
}

void Timeline::OnJob(const api::Job* before, const api::Job& job) {
  const bool begun = job.status.start_time && (before == nullptr || !before->status.start_time);
  if (begun && OwnerOf(job).empty()) sink_(JobEvent(EventKind::kStarted, job));
  if (api::IsFinished(job)) {
    if (before == nullptr || !api::IsFinished(*before)) OnFinished(job);
    return;
  }
  if (before == nullptr || job.status.failed <= before->status.failed || IsOver(job)) return;
  Event event = JobEvent(EventKind::kRetried, job);
  event.message = fmt::format("{} failed so far", job.status.failed);
  if (job.spec.backoff_limit) {
    event.message = fmt::format("failure {} of at most {}", job.status.failed, *job.spec.backoff_limit + 1LL);
  }
  sink_(event);
}

void Timeline::OnFinished(const api::Job& job) {
  const api::Condition& end = *EndOf(job);
  const bool succeeded = end.type == api::kJobComplete;
  Event event = JobEvent(succeeded ? EventKind::kSucceeded : EventKind::kFailed, job);
  if (job.status.start_time) event.took = event.at - *job.status.start_time;
  if (!succeeded) {
    event.reason = end.reason;
    event.message = end.message;
  }
  sink_(event);
}

}  // namespace belfry::simulation
