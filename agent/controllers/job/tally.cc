#include "agent/controllers/job/tally.h"

#include <set>

#include "agent/controllers/job/backoff.h"
#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {
namespace {

class Counter {
 public:
  Counter(const api::Job& job, const JobObserved& observed, api::JobStatus& status)
      : job_(job), spec_(job.spec), observed_(observed), status_(status) {}

  JobCount Count() {
    ReadIndexes();
    Sort();
    CountSuccesses();
    JudgeFailures();
    CountFailures();
    WriteIndexes();
    return std::move(count_);
  }

 private:
  int32_t Completions() const { return spec_.completions.value_or(0); }

  void ReadIndexes() {
    if (!IsIndexed(spec_)) return;
    count_.tally.completed = IndexSet::Parse(status_.completed_indexes, Completions());
    count_.tally.failed_indexes = IndexSet::Parse(status_.failed_indexes.value_or(""), Completions());
  }

  void Sort() {
    for (const auto& pod : observed_.pods) {
      if (IsActive(*pod)) count_.active.push_back(pod);
      if (IsTerminating(*pod)) count_.terminating.push_back(pod);
      const bool live =
          pod->status.phase == api::PodPhase::kRunning || pod->status.phase == api::PodPhase::kPending;
      if (live) count_.tally.restarts_of_live_pods += RestartCount(*pod);
      if (!IsTracked(*pod)) continue;
      if (pod->status.phase == api::PodPhase::kSucceeded) succeeded_.push_back(pod);
      if (CountsAsFailed(spec_, *pod)) failed_.push_back(pod);
    }
  }

  // Room for one more mark in this look.
  bool Take(const api::Pod& pod) {
    if (count_.unmark.size() == kPodsPerReconcile) {
      count_.cut = true;
      return false;
    }
    count_.unmark.push_back(pod.metadata.name);
    return true;
  }

  void CountSuccesses() {
    for (const auto& pod : succeeded_) {
      const auto index = CompletionIndex(*pod);
      // Indexes cannot be counted twice, so all of them are, even where the mark stays for the next look.
      const bool open = index && *index < Completions() && !count_.tally.failed_indexes.Contains(*index);
      if (IsIndexed(spec_) && open) count_.tally.completed.Add(*index);
      if (!IsIndexed(spec_)) ++count_.tally.succeeded;
      if (!Take(*pod)) continue;
      if (!IsIndexed(spec_)) ++status_.succeeded;
      newest_success_ = std::max(newest_success_.value_or(FinishTime(*pod)), FinishTime(*pod));
    }
    count_.tally.succeeded =
        IsIndexed(spec_) ? count_.tally.completed.size() : status_.succeeded + Uncounted(succeeded_);
    if (IsIndexed(spec_)) status_.succeeded = static_cast<int32_t>(count_.tally.completed.size());
  }

  // Those of an ended list whose mark is still on after this look. Requires: NonIndexed.
  int64_t Uncounted(const std::vector<api::Ptr<api::Pod>>& ended) const {
    return std::max<int64_t>(std::ssize(ended) - std::ssize(count_.unmark), 0);
  }

  // What the failures mean, before any of them is written down.
  void JudgeFailures() {
    for (const auto& pod : failed_) {
      const FailureMatch match = MatchFailurePolicy(spec_, *pod);
      if (match.action == FailureAction::kFailJob && !count_.tally.fail_job)
        count_.tally.fail_job = match.message;
      if (HasBackoffLimitPerIndex(spec_) && HasValidIndex(spec_, *pod) && FailsIndex(*pod, match)) {
        count_.tally.failed_indexes.Add(*CompletionIndex(*pod));
      }
    }
    // One that is being deleted replaces nobody: a mark that is kept would hold up its end.
    if (HasBackoffLimitPerIndex(spec_) && !job_.metadata.deletion_timestamp) KeepForReplacement();
  }

  bool FailsIndex(const api::Pod& pod, const FailureMatch& match) const {
    if (count_.tally.completed.Contains(*CompletionIndex(pod))) return false;
    if (match.action == FailureAction::kFailIndex) return true;
    return match.counted() &&
           CountAnnotation(pod, kIndexFailureCountAnnotation) >= *spec_.backoff_limit_per_index;
  }

  static int64_t Failures(const api::Pod& pod) {
    return int64_t{CountAnnotation(pod, kIndexFailureCountAnnotation)} +
           CountAnnotation(pod, kIndexIgnoredFailureCountAnnotation);
  }

  void KeepForReplacement() {
    std::set<int32_t> active;
    for (const auto& pod : count_.active) {
      if (const auto index = CompletionIndex(*pod)) active.insert(*index);
    }
    for (const auto& pod : failed_) {
      if (!HasValidIndex(spec_, *pod)) continue;
      const int32_t index = *CompletionIndex(*pod);
      if (count_.tally.completed.Contains(index) || count_.tally.failed_indexes.Contains(index)) continue;
      if (active.contains(index)) continue;  // the replacement carries the counts
      auto [it, fresh] = count_.awaiting_replacement.try_emplace(index, pod);
      if (!fresh && Failures(*pod) > Failures(*it->second)) it->second = pod;
    }
  }

  bool IsKept(const api::Pod& pod) const {
    const auto index = CompletionIndex(pod);
    const auto it = index ? count_.awaiting_replacement.find(*index) : count_.awaiting_replacement.end();
    return it != count_.awaiting_replacement.end() && it->second->metadata.uid == pod.metadata.uid;
  }

  void CountFailures() {
    std::vector<Instant> finished;
    count_.tally.failed = status_.failed;
    for (const auto& pod : failed_) {
      const FailureMatch match = MatchFailurePolicy(spec_, *pod);
      const bool counts = HasValidIndex(spec_, *pod) && match.counted();
      if (counts) ++count_.tally.failed;
      if (IsKept(*pod) || !Take(*pod)) continue;
      if (match.by_rule) ++count_.policy_matches[static_cast<size_t>(match.action)];
      finished.push_back(FinishTime(*pod));
      if (counts) ++status_.failed;
    }
    if (HasBackoffLimitPerIndex(spec_)) return;  // each index waits on its own
    if (finished.empty() && !newest_success_) return;
    status_.backoff = UpdateBackoff(status_.backoff, finished, newest_success_);
  }

  void WriteIndexes() {
    if (!IsIndexed(spec_)) return;
    status_.completed_indexes = count_.tally.completed.ToString();
    if (HasBackoffLimitPerIndex(spec_)) status_.failed_indexes = count_.tally.failed_indexes.ToString();
  }

  const api::Job& job_;
  const api::JobSpec& spec_;
  const JobObserved& observed_;
  api::JobStatus& status_;
  std::vector<api::Ptr<api::Pod>> succeeded_;
  std::vector<api::Ptr<api::Pod>> failed_;
  std::optional<Instant> newest_success_;
  JobCount count_;
};

}  // namespace

JobCount CountPods(const api::Job& job, const JobObserved& observed, api::JobStatus& status) {
  return Counter(job, observed, status).Count();
}

bool HasValidIndex(const api::JobSpec& spec, const api::Pod& pod) {
  if (!IsIndexed(spec)) return true;
  const auto index = CompletionIndex(pod);
  return index && *index < spec.completions.value_or(0);
}

}  // namespace belfry::controllers
