#include "tests/agent/controllers/job/job_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {
namespace {

bool Is(const api::Job& job, std::string_view type) {
  return api::IsConditionTrue(job.status.conditions, type);
}

// The reference's series, not the controller's function: 10 s doubled for each further failure, 600 s at
// most.
Duration DelayAfter(int64_t failures) {
  Duration delay = seconds(10);
  for (int64_t i = 1; i < failures && delay < seconds(600); ++i) delay *= 2;
  return std::min<Duration>(delay, seconds(600));
}

int64_t FailuresOf(const api::Pod& pod) {
  return int64_t{CountAnnotation(pod, kIndexFailureCountAnnotation)} +
         CountAnnotation(pod, kIndexIgnoredFailureCountAnnotation);
}

IndexSet Below(const IndexSet& set, int32_t completions) {
  return IndexSet::Parse(set.ToString(), completions);
}

}  // namespace

void JobLedger::Watch(store::Store& store) {
  uncommitted_.clear();
  store.WatchWrites([this](std::span<const store::Change> changes, bool undone) {
    undone ? uncommitted_.clear() : void(uncommitted_.emplace_back(changes.begin(), changes.end()));
  });
  store.Watch([this](std::span<const store::Change>) {
    for (const auto& changes : std::exchange(uncommitted_, {})) OnStep(changes);
  });
}

void JobLedger::OnStep(std::span<const store::Change> changes) {
  api::Ptr<api::Job> before = job_;
  for (const store::Change& change : changes) {
    if (change.key.kind == api::Kind::kJob && change.after) job_ = api::As<api::Job>(*change.after);
  }
  if (!job_) return;
  // Ends first: they are what creations in the same step replace.
  for (const store::Change& change : changes) {
    if (change.key.kind == api::Kind::kPod && change.before) OnPod(change);
  }
  Resolve();
  for (size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].key.kind == api::Kind::kPod && !changes[i].before && changes[i].after)
      OnCreated(api::As<api::Pod>(*changes[i].after), changes.subspan(i + 1));
  }
  for (const store::Change& change : changes) {
    if (change.key.kind == api::Kind::kJob && change.after) CheckJob(before.get(), *job_);
  }
}

void JobLedger::OnPod(const store::Change& change) {
  const auto before = api::As<api::Pod>(*change.before);
  const auto after = change.after ? api::As<api::Pod>(*change.after) : nullptr;
  if (IsTracked(*before) && !(after && IsTracked(*after))) Count(*before, after.get());
  if (!after) {
    pods_.erase(before->metadata.uid);
    return;
  }
  pods_[after->metadata.uid] = after;
  if (!IsTerminal(*after)) return;
  const auto [it, fresh] = final_phases_.try_emplace(after->metadata.uid, after->status.phase);
  EXPECT_EQ(it->second, after->status.phase) << "a final phase changed";
}

// The mark has gone: what the pod comes to is decided by how it looked, and by what its Job was doing.
void JobLedger::Count(const api::Pod& before, const api::Pod* after) {
  if (job_->metadata.deletion_timestamp) return;  // the collector's doing
  EXPECT_TRUE(counted_.insert(before.metadata.uid).second) << before.metadata.name << " counted twice";
  const api::Pod& pod = after != nullptr ? *after : before;
  const auto index = CompletionIndex(pod);
  const bool placed = !IsIndexed(job_->spec) || (index && *index < job_->spec.completions.value_or(0));
  if (!IsTerminal(pod)) return Add(Killed(before, pod, placed));
  if (IsTerminal(before) || !IsEnding(pod)) return Add(Ended(pod, placed));
  // Ended by its Job and by itself in one commit: which came first is not to be seen from here. One that was
  // counted as failed stays so even if it then succeeds.
  doubtful_.push_back({Ended(pod, placed), Killed(before, pod, placed), Outcome{.failed = placed ? 1 : 0}});
}

JobLedger::Outcome JobLedger::Ended(const api::Pod& pod, bool placed) const {
  const Instant finish = FinishTime(pod);
  if (pod.status.phase == api::PodPhase::kFailed) {
    const bool counts = placed && MatchFailurePolicy(job_->spec, pod).counted();
    return {.failed = counts ? 1 : 0, .failure = finish};
  }
  if (!IsIndexed(job_->spec)) return {.succeeded = 1, .success = finish};
  const auto index = CompletionIndex(pod);
  const bool open =
      placed && !IndexSet::Parse(job_->status.failed_indexes.value_or(""), INT32_MAX).Contains(*index);
  return {.index = open ? index : std::nullopt, .success = finish};
}

// Still running. Its Job fails: it is a failure. Deleted by somebody: one too, unless the Job waits to see
// how it ends. Stopped by the Job itself for another reason (surplus, suspension, success): none.
JobLedger::Outcome JobLedger::Killed(const api::Pod& before, const api::Pod& pod, bool placed) const {
  if (Is(*job_, api::kJobFailureTarget)) return {.failed = placed ? 1 : 0};
  if (!IsEnding(before) || ReplacesOnlyFailed(job_->spec)) return {};
  return {.failed = placed ? 1 : 0, .failure = FinishTime(pod)};
}

void JobLedger::Add(const Outcome& outcome) {
  failed_ += outcome.failed;
  succeeded_ += outcome.succeeded;
  if (outcome.index) completed_.Add(*outcome.index);
  if (outcome.failure) failures_.push_back(*outcome.failure);
  if (outcome.success) newest_success_ = std::max(newest_success_.value_or(Instant()), *outcome.success);
}

// Takes that reading of the doubtful ends which the Job's counters agree with; if there is none, any.
void JobLedger::Resolve() {
  const auto doubtful = std::exchange(doubtful_, {});
  size_t readings = 1;
  for (const auto& outcomes : doubtful) readings *= outcomes.size();
  std::vector<const Outcome*> chosen;
  for (size_t reading = 0; reading < readings; ++reading) {
    chosen.clear();
    size_t rest = reading;
    for (const auto& outcomes : doubtful) {
      chosen.push_back(&outcomes[rest % outcomes.size()]);
      rest /= outcomes.size();
    }
    if (Fits(chosen)) break;
  }
  for (const Outcome* outcome : chosen) Add(*outcome);
}

bool JobLedger::Fits(const std::vector<const Outcome*>& chosen) const {
  int32_t failed = failed_;
  int32_t succeeded = succeeded_;
  IndexSet completed = completed_;
  for (const Outcome* outcome : chosen) {
    failed += outcome->failed;
    succeeded += outcome->succeeded;
    if (outcome->index) completed.Add(*outcome->index);
  }
  if (failed != job_->status.failed) return false;
  if (!IsIndexed(job_->spec)) return succeeded == job_->status.succeeded;
  const int32_t completions = *job_->spec.completions;
  return Below(completed, completions) ==
         Below(IndexSet::Parse(job_->status.completed_indexes, INT32_MAX), completions);
}

void JobLedger::OnCreated(const api::Ptr<api::Pod>& pod, std::span<const store::Change> later) {
  ++created_;
  pods_[pod->metadata.uid] = pod;
  // Its creator had not seen what came later in the step.
  Pods seen = pods_;
  for (const store::Change& change : later) {
    if (change.key.kind == api::Kind::kPod && change.before)
      seen[api::MetaOf(*change.before).uid] = api::As<api::Pod>(*change.before);
  }
  EXPECT_FALSE(job_->spec.suspend.value_or(false)) << "created while suspended";
  EXPECT_FALSE(Is(*job_, api::kJobFailureTarget) || Is(*job_, api::kJobSuccessCriteriaMet))
      << "created after the end";
  CheckNotMoreThanWanted(*pod, seen);
  if (!HasBackoffLimitPerIndex(job_->spec)) CheckGlobalDelay();
}

// Upstream allows more processes than parallelism only while deleted pods end under TerminatingOrFailed.
void JobLedger::CheckNotMoreThanWanted(const api::Pod& created, const Pods& seen) const {
  int64_t active = 0;
  int64_t terminating = 0;
  const auto index = CompletionIndex(created);
  for (const auto& [uid, known] : seen) {
    if (IsTerminating(*known)) ++terminating;
    const bool counts = IsActive(*known) || (ReplacesOnlyFailed(job_->spec) && IsTerminating(*known));
    if (counts && uid != created.metadata.uid) {
      EXPECT_TRUE(!index || CompletionIndex(*known) != index) << "two pods of index " << *index;
    }
    if (IsActive(*known)) ++active;
  }
  const int64_t held = ReplacesOnlyFailed(job_->spec) ? terminating : 0;
  EXPECT_LE(active + held, job_->spec.parallelism.value_or(1));
  if (job_->spec.completions) {
    EXPECT_LE(active, *job_->spec.completions - job_->status.succeeded);
  }
  if (!index) return;
  EXPECT_LT(*index, job_->spec.completions.value_or(0));
  EXPECT_FALSE(IndexSet::Parse(job_->status.completed_indexes, INT32_MAX).Contains(*index))
      << "completed already";
  EXPECT_FALSE(IndexSet::Parse(job_->status.failed_indexes.value_or(""), INT32_MAX).Contains(*index));
  if (HasBackoffLimitPerIndex(job_->spec)) CheckIndexDelay(created, *index, seen);
}

void JobLedger::CheckGlobalDelay() const {
  int64_t count = 0;
  Instant newest;
  for (const Instant failure : failures_) {
    if (newest_success_ && failure <= *newest_success_) continue;
    ++count;
    newest = std::max(newest, failure);
  }
  if (count > 0) {
    EXPECT_GE(loop_.Now(), newest + DelayAfter(count)) << "retried too early after " << count << " failures";
  }
}

// The failed pod that is replaced still has its mark; its replacement carries on its counts.
void JobLedger::CheckIndexDelay(const api::Pod& created, int32_t index, const Pods& seen) const {
  const api::Pod* previous = nullptr;
  for (const auto& [uid, known] : seen) {
    const api::Pod& pod = *known;
    if (uid == created.metadata.uid || CompletionIndex(pod) != index || !IsTracked(pod)) continue;
    if (!CountsAsFailed(job_->spec, pod)) continue;
    if (previous == nullptr || FailuresOf(pod) > FailuresOf(*previous)) previous = &pod;
  }
  if (previous == nullptr) {
    EXPECT_EQ(FailuresOf(created), 0);
    return;
  }
  EXPECT_EQ(FailuresOf(created), FailuresOf(*previous) + 1);
  EXPECT_GE(loop_.Now(), FinishTime(*previous) + DelayAfter(FailuresOf(*previous) + 1))
      << "index " << index << " retried too early";
}

void JobLedger::CheckJob(const api::Job* before, const api::Job& after) {
  CheckCounters(after);
  const api::JobStatus& status = after.status;
  const bool failing = Is(after, api::kJobFailureTarget) || IsFailed(after);
  EXPECT_FALSE(IsComplete(after) && failing);
  EXPECT_FALSE(Is(after, api::kJobSuccessCriteriaMet) && failing);
  EXPECT_TRUE(!IsFailed(after) || Is(after, api::kJobFailureTarget));
  EXPECT_TRUE(!IsComplete(after) || Is(after, api::kJobSuccessCriteriaMet));
  EXPECT_EQ(status.completion_time.has_value(), IsComplete(after));
  EXPECT_LE(status.ready.value_or(0), status.active);
  EXPECT_GE(status.active, 0);
  if (before == nullptr) return;
  EXPECT_GE(status.failed, before->status.failed);
  if (before->status.start_time && status.start_time != before->status.start_time) {
    EXPECT_TRUE(Is(*before, api::kJobSuspended) && !Is(after, api::kJobSuspended)) << "started again";
  }
  for (const api::Condition& condition : before->status.conditions) {
    const api::Condition* now = api::FindCondition(status.conditions, condition.type);
    ASSERT_NE(now, nullptr) << condition.type << " went away";
    if (condition.type != api::kJobSuspended) {
      EXPECT_EQ(*now, condition);
    }
  }
  if (IsFinished(*before)) {
    EXPECT_EQ(before->status, status) << "a final status changed";
  } else if (IsFinished(after)) {
    CheckEnd(after);
  }
  if (failing && !Is(*before, api::kJobFailureTarget)) CheckReason(after);
}

void JobLedger::CheckEnd(const api::Job& after) const {
  EXPECT_EQ(runtime_.running(), 0U) << "finished while something runs";
  EXPECT_EQ(after.status.active, 0);
  EXPECT_EQ(after.status.terminating.value_or(0), 0);
  EXPECT_TRUE(after.status.start_time.has_value());
  for (const auto& [uid, known] : pods_)
    EXPECT_FALSE(IsTracked(*known)) << known->metadata.name << " not counted";
  // The interim condition and the final one say the same.
  const auto& conditions = after.status.conditions;
  const bool complete = IsComplete(after);
  const auto* interim =
      api::FindCondition(conditions, complete ? api::kJobSuccessCriteriaMet : api::kJobFailureTarget);
  const auto* last = api::FindCondition(conditions, complete ? api::kJobComplete : api::kJobFailed);
  ASSERT_TRUE(interim != nullptr && last != nullptr);
  EXPECT_EQ(interim->reason + interim->message, last->reason + last->message);
}

void JobLedger::CheckReason(const api::Job& after) const {
  const std::string& reason = api::FindCondition(after.status.conditions, api::kJobFailureTarget)->reason;
  const api::JobSpec& spec = after.spec;
  if (reason == "DeadlineExceeded") {
    ASSERT_TRUE(spec.active_deadline_seconds && after.status.start_time);
    EXPECT_GE(loop_.Now(), *after.status.start_time + seconds(*spec.active_deadline_seconds));
    EXPECT_FALSE(spec.suspend.value_or(false));
  } else if (reason == "BackoffLimitExceeded") {
    if (spec.pod_template.spec.restart_policy == "Never") {
      EXPECT_GT(after.status.failed, *spec.backoff_limit);
    }
  } else if (reason == "MaxFailedIndexesExceeded") {
    EXPECT_GT(IndexSet::Parse(*after.status.failed_indexes, INT32_MAX).size(), *spec.max_failed_indexes);
  } else if (reason == "FailedIndexes") {
    EXPECT_EQ(
        IndexSet::Parse(*after.status.failed_indexes, *spec.completions).size() + after.status.succeeded,
        *spec.completions);
  } else {
    EXPECT_EQ(reason, "PodFailurePolicy");
    EXPECT_TRUE(spec.pod_failure_policy.has_value());
  }
}

// The counters say exactly how the pods without marks have ended.
void JobLedger::CheckCounters(const api::Job& after) {
  const api::JobStatus& status = after.status;
  EXPECT_EQ(status.failed, failed_);
  if (!IsIndexed(after.spec)) {
    EXPECT_EQ(status.succeeded, succeeded_);
    EXPECT_EQ(status.completed_indexes, "");
    return;
  }
  const int32_t completions = *after.spec.completions;
  const IndexSet written = IndexSet::Parse(status.completed_indexes, INT32_MAX);
  EXPECT_EQ(Below(written, completions), Below(completed_, completions));
  EXPECT_EQ(status.succeeded, written.size());
  EXPECT_EQ(written.CountOf(IndexSet::Parse(status.failed_indexes.value_or(""), INT32_MAX)), 0);
  completed_ = written;  // lowering the completions forgets what was beyond
}

void JobLedger::CheckSettled() const {
  if (!job_ || IsFinished(*job_)) return;
  int64_t active = 0;
  int64_t terminating = 0;
  for (const auto& [uid, known] : pods_) {
    active += IsActive(*known) ? 1 : 0;
    terminating += IsTerminating(*known) ? 1 : 0;
  }
  // A work queue that has seen a success leaves running what runs, as upstream.
  if (job_->spec.completions || job_->status.succeeded == 0) {
    EXPECT_LE(active, job_->spec.parallelism.value_or(1));
  }
  if (job_->spec.suspend.value_or(false)) {
    EXPECT_EQ(active, 0);
  }
  EXPECT_EQ(job_->status.active, active);
  EXPECT_EQ(job_->status.terminating.value_or(0), terminating);
}

void JobLedger::CheckAllCounted() const {
  for (const auto& [uid, known] : pods_) {
    EXPECT_FALSE(IsTracked(*known)) << known->metadata.name << " was never counted";
  }
}

}  // namespace belfry::controllers
