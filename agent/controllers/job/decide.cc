// One look at a Job: count what has ended, see whether that ends the Job, else bring the number of active
// pods to what is wanted. Everything that a look changes becomes durable together, so a pod is counted in the
// same instant in which its mark goes.
#include "agent/controllers/job/decide.h"

#include <algorithm>

#include "agent/controllers/job/backoff.h"
#include "agent/controllers/job/completion.h"
#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"
#include "agent/controllers/job/pod_template.h"
#include "agent/controllers/job/surplus.h"
#include "agent/controllers/job/tally.h"

namespace belfry::controllers {
namespace {

bool IsModeKnown(const api::JobSpec& spec) {
  return spec.completion_mode.empty() || spec.completion_mode == "NonIndexed" || IsIndexed(spec);
}

class Planner {
 public:
  Planner(const api::Job& job, const JobObserved& observed, Instant now)
      : job_(job), spec_(job.spec), observed_(observed), now_(now) {
    decision_.status = job.status;
  }

  JobDecision Plan() {
    if (IsFinished(job_) || IsForeign(spec_)) return std::move(decision_);
    if (!IsModeKnown(spec_)) {
      Warn("UnknownCompletionMode", "Skipped Job sync because completion mode is unknown");
      return std::move(decision_);
    }
    Begin();
    count_ = CountPods(job_, observed_, decision_.status);
    decision_.unmark = count_.unmark;
    decision_.policy_matches = count_.policy_matches;
    if (const auto end = FindEnd(spec_, seen_, count_.tally, now_)) {
      Finish(*end);
    } else {
      Continue();
    }
    WriteCounts();
    return std::move(decision_);
  }

 private:
  bool BeingDeleted() const { return job_.metadata.deletion_timestamp.has_value(); }
  bool Suspended() const { return spec_.suspend.value_or(false); }
  void Tell(std::string reason, std::string message) {
    decision_.events.push_back({api::EventType::kNormal, std::move(reason), std::move(message)});
  }
  void Warn(std::string reason, std::string message) {
    decision_.events.push_back({api::EventType::kWarning, std::move(reason), std::move(message)});
  }
  void LookAt(Instant when) {
    if (!decision_.look.at || when < *decision_.look.at) decision_.look.at = when;
  }

  bool IsEnding() const {
    return api::IsConditionTrue(job_.status.conditions, api::kJobFailureTarget) ||
           api::IsConditionTrue(job_.status.conditions, api::kJobSuccessCriteriaMet);
  }

  // A resumed Job is judged by a fresh start, which is written down with the resumption. One that is being
  // deleted or has reached its end is not resumed.
  void Begin() {
    seen_ = job_.status;
    if (Suspended() || BeingDeleted() || IsEnding()) return;
    const bool resumed = api::IsConditionTrue(job_.status.conditions, api::kJobSuspended);
    if (resumed || !job_.status.start_time) seen_.start_time = now_;
    if (!job_.status.start_time) decision_.status.start_time = now_;
  }

  // --- Over ---

  void Finish(const JobEnd& end) {
    StopActive(!end.success);
    ReleaseRest(!end.success);
    const api::Condition interim = InterimCondition(end, now_);
    if (api::FindCondition(job_.status.conditions, interim.type) == nullptr) {
      decision_.status.conditions.push_back(interim);
      decision_.look.again = true;
      return;
    }
    if (count_.cut) {
      decision_.look.again = true;
    } else if (count_.active.empty() && count_.terminating.empty() && ended_.empty()) {
      WriteFinal(end);
    }
  }

  // Active pods are ended; when the Job fails each of them is a failure, and what it has written so far is
  // kept: it may say why the limit was reached.
  void StopActive(bool failing) {
    std::vector<api::Ptr<api::Pod>> rest;
    for (const auto& pod : count_.active) {
      if (ended_.size() == kPodsPerReconcile) {
        rest.push_back(pod);
        count_.cut = true;
        continue;
      }
      End(pod, failing && HasRun(*pod) ? decision_.stop : decision_.remove);
      if (failing && IsTracked(*pod) && HasValidIndex(spec_, *pod)) ++decision_.status.failed;
    }
    count_.active = std::move(rest);
  }

  // Pods that keep a mark although they have nothing to wait for any more: those being deleted under the
  // replacement policy Failed, and failed ones that waited for their replacement.
  void ReleaseRest(bool failing) {
    for (const auto& pod : count_.terminating) {
      if (CountsAsFailed(spec_, *pod) || !Release(*pod)) continue;
      if (failing && HasValidIndex(spec_, *pod)) ++decision_.status.failed;
    }
    for (const auto& [index, pod] : count_.awaiting_replacement) {
      if (!Release(*pod)) continue;
      const FailureMatch match = MatchFailurePolicy(spec_, *pod);
      if (match.by_rule) ++decision_.policy_matches[static_cast<size_t>(match.action)];
      if (match.counted()) ++decision_.status.failed;
    }
  }

  bool Release(const api::Pod& pod) {
    if (!IsTracked(pod)) return false;
    if (decision_.unmark.size() >= 2 * kPodsPerReconcile) {
      count_.cut = true;
      return false;
    }
    decision_.unmark.push_back(pod.metadata.name);
    return true;
  }

  void WriteFinal(const JobEnd& end) {
    const api::Condition condition = FinalCondition(end, now_);
    decision_.status.conditions.push_back(condition);
    // One that was suspended from its creation to its end: finished Jobs have a start.
    if (!decision_.status.start_time) decision_.status.start_time = now_;
    if (end.success) {
      decision_.status.completion_time = now_;
      Tell("Completed", "Job completed");
    } else {
      Warn(end.reason, end.message);
    }
  }

  // --- Not over ---

  void Continue() {
    if (const auto deadline = Deadline(spec_, seen_)) LookAt(*deadline);
    if (count_.cut) {
      decision_.look.again = true;
      return;
    }
    const bool managed = !BeingDeleted();
    if (managed) Manage();
    if (IsComplete()) {
      decision_.status.conditions.push_back(InterimCondition(CompletionsReached(), now_));
      decision_.look.again = true;
      if (!IsIndexed(spec_) && spec_.completions && count_.tally.succeeded > *spec_.completions) {
        Warn("TooManySucceededPods", "Too many succeeded pods running after completion count reached");
      }
    } else if (managed && SetSuspended(decision_.status, Suspended(), now_)) {
      decision_.status.start_time = seen_.start_time;
      Suspended() ? Tell("Suspended", "Job suspended") : Tell("Resumed", "Job resumed");
    }
  }

  bool IsComplete() const {
    if (ActiveAfter() > 0) return false;
    if (!spec_.completions) return count_.tally.succeeded > 0;
    return count_.tally.succeeded >= *spec_.completions;
  }

  int64_t ActiveAfter() const { return std::ssize(count_.active) + std::ssize(decision_.create); }

  int64_t WantedActive() const {
    const int64_t parallelism = spec_.parallelism.value_or(1);
    // A work queue starts nothing new after its first success.
    if (!spec_.completions) return count_.tally.succeeded > 0 ? std::ssize(count_.active) : parallelism;
    return std::clamp<int64_t>(*spec_.completions - count_.tally.succeeded, 0, parallelism);
  }

  void Manage() {
    const int64_t active = std::ssize(count_.active);
    const int64_t wanted = Suspended() ? 0 : WantedActive();
    auto surplus = SurplusPods(spec_, count_.active, std::max<int64_t>(active - wanted, 0), DecidedIndexes());
    if (!surplus.empty()) return DeleteSurplus(std::move(surplus));  // never both in one pass
    const int64_t held = ReplacesOnlyFailed(spec_) ? std::ssize(count_.terminating) : 0;
    const int64_t missing = wanted - active - held;
    if (missing > 0 && !Suspended()) CreateMissing(missing);
  }

  // Not failures, whatever their processes say at the end.
  void DeleteSurplus(std::vector<api::Ptr<api::Pod>> surplus) {
    if (surplus.size() > kPodsPerReconcile) {
      surplus.resize(kPodsPerReconcile);
      decision_.look.again = true;
    }
    for (const auto& pod : surplus) {
      End(pod, decision_.remove);
      std::erase(count_.active, pod);
    }
  }

  void End(const api::Ptr<api::Pod>& pod, std::vector<std::string>& how) {
    how.push_back(pod->metadata.name);
    ended_.push_back(pod);
  }

  void CreateMissing(int64_t missing) {
    if (!HasBackoffLimitPerIndex(spec_)) {
      const auto next = NextCreation(decision_.status.backoff);
      if (next && now_ < *next) return LookAt(*next);
    }
    if (IsIndexed(spec_)) {
      for (const int32_t index : FreeIndexes(missing)) CreateIndex(index);
    } else {
      for (; missing > 0; --missing) Create(std::nullopt, nullptr);
    }
    decision_.create_reason = CreateReason();
  }

  // At most a portion; the rest follows in the next look.
  void Create(std::optional<int32_t> index, const api::Pod* previous) {
    if (decision_.create.size() == kPodsPerReconcile) {
      decision_.look.again = true;
    } else {
      decision_.create.push_back(BuildPod(job_, index, previous));
    }
  }

  PodCreateReason CreateReason() const {
    const bool failed = count_.tally.failed > 0;
    if (failed && spec_.pod_replacement_policy == "Failed") return PodCreateReason::kRecreateFailed;
    if (failed || !count_.terminating.empty()) return PodCreateReason::kRecreateTerminatingOrFailed;
    return PodCreateReason::kNew;
  }

  IndexSet DecidedIndexes() const {
    IndexSet decided = count_.tally.completed;
    decided.AddAll(count_.tally.failed_indexes);
    return decided;
  }

  std::vector<int32_t> FreeIndexes(int64_t count) const {
    IndexSet taken = DecidedIndexes();
    for (const auto& pod : count_.active) {
      if (const auto index = CompletionIndex(*pod)) taken.Add(*index);
    }
    if (ReplacesOnlyFailed(spec_)) {
      for (const auto& pod : count_.terminating) {
        if (const auto index = CompletionIndex(*pod)) taken.Add(*index);
      }
    }
    return taken.FirstMissing(count, spec_.completions.value_or(0));
  }

  void CreateIndex(int32_t index) {
    const auto it = count_.awaiting_replacement.find(index);
    const api::Pod* previous = it == count_.awaiting_replacement.end() ? nullptr : it->second.get();
    if (previous != nullptr && now_ < NextCreationOfIndex(*previous)) {
      return LookAt(NextCreationOfIndex(*previous));
    }
    Create(index, previous);
  }

  // --- What it comes to ---

  void WriteCounts() {
    api::JobStatus& status = decision_.status;
    status.active = static_cast<int32_t>(ActiveAfter());
    status.ready = static_cast<int32_t>(
        std::ranges::count_if(count_.active, [](const auto& pod) { return IsPodReady(*pod); }));
    status.terminating = static_cast<int32_t>(count_.terminating.size() + ended_.size());
    status.uncounted_terminated_pods.reset();
  }

  const api::Job& job_;
  const api::JobSpec& spec_;
  const JobObserved& observed_;
  const Instant now_;
  api::JobStatus seen_;  // as it is judged
  JobCount count_;
  std::vector<api::Ptr<api::Pod>> ended_;
  JobDecision decision_;
};

}  // namespace

JobDecision DecideJob(const api::Job& job, const JobObserved& observed, Instant now) {
  return Planner(job, observed, now).Plan();
}

}  // namespace belfry::controllers
