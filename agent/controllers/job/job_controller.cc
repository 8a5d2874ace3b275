#include "agent/controllers/job/job_controller.h"

#include <algorithm>
#include <cstdint>

#include "agent/controllers/deletion.h"
#include "agent/controllers/job/indexes.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {
namespace {

// Changes that alter nothing but the numbers shown are gathered.
constexpr Duration kCosmeticDelay = milliseconds(200);

bool Matters(const api::Pod& pod) { return IsTracked(pod) || !IsTerminal(pod); }

bool IsCosmetic(const store::Change& change) {
  if (!change.before || !change.after) return false;
  const auto before = api::As<api::Pod>(*change.before);
  const auto after = api::As<api::Pod>(*change.after);
  return !IsTerminal(*after) && IsEnding(*before) == IsEnding(*after) &&
         RestartCount(*before) == RestartCount(*after);
}

std::string_view ActionOf(const JobDecision& decision) {
  if (!decision.create.empty()) return "pods_created";
  return decision.remove.empty() && decision.stop.empty() ? "reconciling" : "pods_deleted";
}

int64_t FailedIndexes(const api::JobStatus& status) {
  return IndexSet::Parse(status.failed_indexes.value_or(""), INT32_MAX).size();
}

JobLook LookOf(const api::Job& job, const JobDecision& decision) {
  const api::JobStatus& before = job.status;
  const api::JobStatus& after = decision.status;
  JobLook look{.completion_mode = IsIndexed(job.spec) ? "Indexed" : "NonIndexed",
               .action = ActionOf(decision),
               .pods_succeeded = std::max(after.succeeded - before.succeeded, 0),
               .pods_failed = std::max(after.failed - before.failed, 0),
               .per_index = HasBackoffLimitPerIndex(job.spec),
               .policy_matches = decision.policy_matches,
               .create_reason = decision.create_reason};
  if (IsIndexed(job.spec)) look.indexes_succeeded = look.pods_succeeded;
  if (before.failed_indexes != after.failed_indexes)
    look.indexes_failed = std::max<int64_t>(FailedIndexes(after) - FailedIndexes(before), 0);
  for (const api::Condition& condition : after.conditions) {
    const bool final = condition.type == api::kJobComplete || condition.type == api::kJobFailed;
    if (!final || api::IsFinished(job)) continue;
    look.finished = condition.type == api::kJobComplete;
    look.reason = condition.reason;
  }
  return look;
}

}  // namespace

JobController::JobController(const Clock& clock, store::Store& store, Random& random)
    : clock_(clock), store_(store), random_(random), events_(store, clock, "job-controller") {}

void JobController::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (change.key.kind == api::Kind::kPod) return OnPodChange(change, enqueue);
  if (change.key.kind != api::Kind::kJob) return;
  if (!change.after && change.before) pods_.erase(api::MetaOf(*change.before).uid);
  if (change.after && IsFinished(*api::As<api::Job>(*change.after))) return;
  enqueue(change.key, Duration(0));
}

void JobController::OnPodChange(const store::Change& change, const Enqueue& enqueue) {
  const auto& shown = change.after ? change.after : change.before;
  if (!shown) return;
  const api::OwnerReference* owner = api::ControllerOf(api::MetaOf(*shown));
  if (owner == nullptr || owner->kind != "Job") return;
  Track(owner->uid, change.key);
  TellTracking(change);
  // Its mark has gone: that was this controller's own doing. Or it has been counted long ago and goes now.
  const auto matters = [](const std::optional<api::Object>& object) {
    return object && Matters(*api::As<api::Pod>(*object));
  };
  const bool ended = change.before && IsTerminal(*api::As<api::Pod>(*change.before));
  if (ended && !matters(change.after) && (change.after || !matters(change.before))) return;
  const Duration delay = IsCosmetic(change) ? kCosmeticDelay : BatchPeriod(owner->uid);
  enqueue({api::Kind::kJob, change.key.ns, owner->name}, delay);
}

// A look goes through all live pods of the Job. Where they are many, several changes share one; upstream lets
// a second pass for any Job.
Duration JobController::BatchPeriod(const std::string& job_uid) const {
  constexpr size_t kFew = 32;
  constexpr Duration kForEachPod = std::chrono::microseconds(100);
  const auto it = pods_.find(job_uid);
  if (it == pods_.end() || it->second.size() <= kFew) return Duration(0);
  return std::min<Duration>(kForEachPod * static_cast<int64_t>(it->second.size()), seconds(1));
}

void JobController::TellTracking(const store::Change& change) const {
  if (!observer_.tracked) return;
  const auto waits = [](const std::optional<api::Object>& object) {
    if (!object) return false;
    const auto pod = api::As<api::Pod>(*object);
    return IsTerminal(*pod) && IsTracked(*pod);
  };
  if (waits(change.before) != waits(change.after)) observer_.tracked(waits(change.after));
}

// By what the store holds now, not by what the change says: it may have been overtaken.
void JobController::Track(const std::string& job_uid, const api::Key& key) {
  const auto pod = store_.Get<api::Pod>(key.ns, key.name);
  const api::OwnerReference* owner = pod ? api::ControllerOf(pod->metadata) : nullptr;
  if (owner != nullptr && owner->uid == job_uid && Matters(*pod)) {
    pods_[job_uid].insert(key.name);
    return;
  }
  const auto it = pods_.find(job_uid);
  if (it == pods_.end()) return;
  it->second.erase(key.name);
  if (it->second.empty()) pods_.erase(it);
}

JobObserved JobController::PodsOf(const api::Job& job) const {
  JobObserved observed;
  const auto it = pods_.find(job.metadata.uid);
  if (it == pods_.end()) return observed;
  for (const std::string& name : it->second) {
    auto pod = store_.Get<api::Pod>(job.metadata.ns, name);
    if (pod && Matters(*pod)) observed.pods.push_back(std::move(pod));
  }
  return observed;
}

Result<Look> JobController::Reconcile(const api::Key& key) {
  const auto job = store_.Get<api::Job>(key.ns, key.name);
  if (!job) return Look{};
  TellForeign(*job);
  const Duration begin = clock_.Monotonic();
  JobDecision decision = DecideJob(*job, PodsOf(*job), clock_.Now());
  JobLook look = LookOf(*job, decision);
  const Result<void> applied = Apply(*job, decision, look);
  look.success = applied.ok();
  look.took = clock_.Monotonic() - begin;
  if (observer_.looked) observer_.looked(look);
  RETURN_IF_ERROR(applied);
  return decision.look;
}

void JobController::TellForeign(const api::Job& job) const {
  if (observer_.foreign && IsForeign(job.spec)) observer_.foreign(*job.spec.managed_by);
}

// The Job is written first: nothing else has happened yet if that fails.
Result<void> JobController::Apply(const api::Job& job, JobDecision& decision, JobLook& look) {
  if (decision.status != job.status) {
    api::Job changed = job;
    changed.status = decision.status;
    RETURN_IF_ERROR(store_.Update(std::move(changed)));
  }
  for (const std::string& name : decision.unmark) RETURN_IF_ERROR(Unmark(job, name));
  for (const std::string& name : decision.remove) RETURN_IF_ERROR(Remove(job, name));
  for (const std::string& name : decision.stop) RETURN_IF_ERROR(Stop(job, name));
  for (api::Pod& pod : decision.create)
    ++(CreatePod(job, std::move(pod)) ? look.pods_created : look.pods_not_created);
  for (const EventNote& note : decision.events) events_.Record(job, note);
  return {};
}

Result<void> JobController::Unmark(const api::Job& job, const std::string& pod_name) {
  return RemoveFinalizer(store_, {api::Kind::kPod, job.metadata.ns, pod_name}, kJobTrackingFinalizer);
}

Result<void> JobController::Remove(const api::Job& job, const std::string& pod_name) {
  RETURN_IF_ERROR(Unmark(job, pod_name));
  const auto asked = RequestDeletion(store_, {api::Kind::kPod, job.metadata.ns, pod_name}, {}, clock_.Now());
  if (asked.ok()) {
    events_.Record(job, {api::EventType::kNormal, "SuccessfulDelete", "Deleted pod: " + pod_name});
  } else {
    events_.Record(job,
                   {api::EventType::kWarning, "FailedDelete", "Error deleting: " + asked.error().message});
  }
  return asked;
}

Result<void> JobController::Stop(const api::Job& job, const std::string& pod_name) {
  RETURN_IF_ERROR(Unmark(job, pod_name));
  RETURN_IF_ERROR(RequestStop(store_, {api::Kind::kPod, job.metadata.ns, pod_name}, clock_.Now()));
  events_.Record(
      job, {api::EventType::kNormal, "SuccessfulStop", "Stopped pod: " + pod_name + "; its output is kept"});
  return {};
}

// False: it could not be created, and the Job's owner has been told.
bool JobController::CreatePod(const api::Job& job, api::Pod pod) {
  constexpr int kTries = 8;  // two pods of one Job with the same five characters: one in fourteen million
  const std::string prefix = pod.metadata.generate_name;
  for (int i = 0; i < kTries; ++i) {
    pod.metadata.name = prefix + RandomSuffix(random_);
    if (store_.Find(api::KeyOf(pod)) == nullptr) break;
  }
  const auto created = store_.Create(std::move(pod));
  if (!created.ok()) {
    events_.Record(job,
                   {api::EventType::kWarning, "FailedCreate", "Error creating: " + created.error().message});
    return false;
  }
  pods_[job.metadata.uid].insert((*created)->metadata.name);
  events_.Record(job,
                 {api::EventType::kNormal, "SuccessfulCreate", "Created pod: " + (*created)->metadata.name});
  return true;
}

}  // namespace belfry::controllers
