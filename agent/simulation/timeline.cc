#include "agent/simulation/timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace belfry::simulation {
namespace {

// The name of the CronJob that made the Job; empty: none did.
std::string OwnerOf(const api::Job& job) {
  const api::OwnerReference* owner = api::ControllerOf(job.metadata);
  return owner != nullptr && owner->kind == api::KindName(api::Kind::kCronJob) ? owner->name : std::string();
}

bool IsGoing(const api::Job& job) { return api::IsFinished(job) || job.metadata.deletion_timestamp; }

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

uint64_t CronJobSummary::MissedInAll() const {
  return std::accumulate(missed.begin(), missed.end(), uint64_t{0},
                         [](uint64_t sum, const auto& entry) { return sum + entry.second; });
}

Event Timeline::NewEvent(EventKind kind, const std::string& ns) const {
  return {.at = clock_.Now(), .kind = kind, .ns = ns};
}

Event Timeline::JobEvent(EventKind kind, const api::Job& job) const {
  Event event = NewEvent(kind, job.metadata.ns);
  event.cronjob = OwnerOf(job);
  event.job = job.metadata.name;
  return event;
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
  Account& account = cronjobs_[{cronjob.metadata.ns, cronjob.metadata.name}];
  account.held.reset();
  ++account.sums.runs;
  Event event = NewEvent(EventKind::kStarted, cronjob.metadata.ns);
  event.cronjob = cronjob.metadata.name;
  event.job = started.job;
  event.slot = started.slot;
  event.took = started.delay;
  if (started.delay >= seconds(1)) ++account.sums.late;
  sink_(event);
}

void Timeline::OnMissed(const api::CronJob& cronjob, const controllers::SlotsMissed& missed) {
  Account& account = cronjobs_[{cronjob.metadata.ns, cronjob.metadata.name}];
  const auto count = static_cast<uint64_t>(missed.count);
  // A slot that was held, and lost as its blocker ended in the very instant of the next one, was not
  // overlooked: nobody is ever away here.
  const bool held = account.held && missed.reason == controllers::MissReason::kAgentDown;
  const bool skipped = held || missed.reason == controllers::MissReason::kConcurrency;
  Event event = NewEvent(skipped ? EventKind::kSkipped : EventKind::kMissed, cronjob.metadata.ns);
  event.cronjob = cronjob.metadata.name;
  event.slot = missed.newest;
  event.count = missed.count;
  if (skipped) {
    event.reason = cronjob.spec.concurrency_policy;
    account.sums.skipped += count;
  } else {
    event.reason = controllers::MissReasonName(missed.reason);
    account.sums.missed[event.reason] += count;
  }
  sink_(event);
}

// Told at each look; once is enough for a reader.
void Timeline::OnHeld(const api::CronJob& cronjob, const controllers::SlotHeld& held) {
  Account& account = cronjobs_[{cronjob.metadata.ns, cronjob.metadata.name}];
  if (account.held == held.slot) return;
  account.held = held.slot;
  Event event = NewEvent(EventKind::kHeld, cronjob.metadata.ns);
  event.cronjob = cronjob.metadata.name;
  event.slot = held.slot;
  event.reason = cronjob.spec.concurrency_policy;
  if (!cronjob.status.active.empty()) event.message = cronjob.status.active.front().name + " still runs";
  sink_(event);
}

void Timeline::OnReplaced(const api::CronJob& cronjob, const controllers::JobReplaced& replaced) {
  ++cronjobs_[{cronjob.metadata.ns, cronjob.metadata.name}].sums.replaced;
  Event event = NewEvent(EventKind::kReplaced, cronjob.metadata.ns);
  event.cronjob = cronjob.metadata.name;
  event.job = replaced.job;
  event.slot = replaced.slot;
  sink_(event);
}

// --- Objects ---

void Timeline::OnChanges(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    if (change.key.kind == api::Kind::kJob) OnJob(change);
    if (change.key.kind == api::Kind::kCronJob && change.after)
      OnCronJob(*api::As<api::CronJob>(*change.after));
  }
}

void Timeline::OnCronJob(const api::CronJob& cronjob) {
  const auto [account, added] = cronjobs_.try_emplace({cronjob.metadata.ns, cronjob.metadata.name});
  if (!added && !account->second.sums.name.empty()) return;
  CronJobSummary& sums = account->second.sums;
  sums.ns = cronjob.metadata.ns;
  sums.name = cronjob.metadata.name;
  sums.schedule = cronjob.spec.schedule;
  sums.time_zone = cronjob.spec.time_zone.value_or("");
  sums.concurrency_policy = cronjob.spec.concurrency_policy;
}

void Timeline::OnJob(const store::Change& change) {
  const api::Ptr<api::Job> before = JobIn(change.before);
  const api::Ptr<api::Job> after = JobIn(change.after);
  if (before && !IsGoing(*before) && (!after || IsGoing(*after))) SetActive(*before, false);
  if (!after) return;
  if (!before && !IsGoing(*after)) SetActive(*after, true);
  OnProgress(before.get(), *after);
}

void Timeline::OnProgress(const api::Job* before, const api::Job& job) {
  const bool single = OwnerOf(job).empty();
  if (single) {
    JobSummary& summary = jobs_[{job.metadata.ns, job.metadata.name}];
    summary = {job.metadata.ns, job.metadata.name, "Unfinished", ""};
    if (job.status.start_time && (before == nullptr || !before->status.start_time)) {
      sink_(JobEvent(EventKind::kStarted, job));
    }
  }
  if (api::IsFinished(job)) {
    if (before == nullptr || !api::IsFinished(*before)) OnFinished(job);
    return;
  }
  const bool over = job.metadata.deletion_timestamp ||
                    api::IsConditionTrue(job.status.conditions, api::kJobFailureTarget) ||
                    (job.spec.backoff_limit && job.status.failed > *job.spec.backoff_limit);
  if (before != nullptr && job.status.failed > before->status.failed && !over) {
    Event event = JobEvent(EventKind::kRetried, job);
    event.message = fmt::format("{} failed so far", job.status.failed);
    if (job.spec.backoff_limit) {
      event.message =
          fmt::format("failure {} of at most {}", job.status.failed, *job.spec.backoff_limit + 1LL);
    }
    sink_(event);
  }
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
  if (event.cronjob.empty()) {
    JobSummary& summary = jobs_[{job.metadata.ns, job.metadata.name}];
    summary.result = end.type;
    summary.reason = event.reason;
  } else {
    CronJobSummary& sums = cronjobs_[{job.metadata.ns, event.cronjob}].sums;
    ++(succeeded ? sums.succeeded : sums.failed);
  }
  sink_(event);
}

void Timeline::SetActive(const api::Job& job, bool active) {
  const std::string owner = OwnerOf(job);
  if (owner.empty()) return;
  Account& account = cronjobs_[{job.metadata.ns, owner}];
  const Instant now = clock_.Now();
  if (active) {
    account.active.insert(job.metadata.uid);
    if (account.active.size() == 2) account.overlap_since = now;
  } else {
    account.active.erase(job.metadata.uid);
    if (account.active.size() == 1) EndOverlap(account, now);
  }
  account.sums.most_at_once = std::max(account.sums.most_at_once, account.active.size());
}

void Timeline::EndOverlap(Account& account, Instant now) {
  if (!account.overlap_since) return;
  account.sums.longest_overlap = std::max(account.sums.longest_overlap, now - *account.overlap_since);
  account.overlap_since.reset();
}

void Timeline::Finish(Instant end, Summary& summary) {
  for (auto& [name, account] : cronjobs_) {
    EndOverlap(account, end);
    account.sums.running_at_end = account.active.size();
    summary.cronjobs.push_back(account.sums);
  }
  for (const auto& [name, job] : jobs_) summary.jobs.push_back(job);
}

}  // namespace belfry::simulation
