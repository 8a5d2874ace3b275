#include "agent/controllers/job/job_controller.h"

#include "agent/controllers/deletion.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {
namespace {

// Upstream gathers pod changes for a second; here only those that change nothing but the numbers shown.
constexpr Duration kCosmeticDelay = milliseconds(200);

bool Matters(const api::Pod& pod) { return IsTracked(pod) || !IsTerminal(pod); }

bool IsCosmetic(const store::Change& change) {
  if (!change.before || !change.after) return false;
  const auto before = api::As<api::Pod>(*change.before);
  const auto after = api::As<api::Pod>(*change.after);
  return !IsTerminal(*after) && IsDeleting(*before) == IsDeleting(*after) &&
         RestartCount(*before) == RestartCount(*after);
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
  // Its mark has gone: that was this controller's own doing.
  if (change.after && !Matters(*api::As<api::Pod>(*change.after))) {
    if (change.before && IsTerminal(*api::As<api::Pod>(*change.before))) return;
  }
  enqueue({api::Kind::kJob, change.key.ns, owner->name}, IsCosmetic(change) ? kCosmeticDelay : Duration(0));
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

JobObserved JobController::Observe(const api::Job& job) const {
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
  JobDecision decision = DecideJob(*job, Observe(*job), clock_.Now());
  RETURN_IF_ERROR(Apply(*job, decision));
  return decision.look;
}

// The Job is written first: nothing else has happened yet if that fails.
Result<void> JobController::Apply(const api::Job& job, JobDecision& decision) {
  api::Job changed = job;
  changed.status = decision.status;
  RETURN_IF_ERROR(store_.Update(std::move(changed)));
  for (const std::string& name : decision.unmark) RETURN_IF_ERROR(Release(job, name, false));
  for (const std::string& name : decision.remove) RETURN_IF_ERROR(Release(job, name, true));
  for (api::Pod& pod : decision.create) CreatePod(job, std::move(pod));
  for (const EventNote& note : decision.events) events_.Record(job, note);
  return {};
}

Result<void> JobController::Release(const api::Job& job, const std::string& pod_name, bool remove) {
  const api::Key key{api::Kind::kPod, job.metadata.ns, pod_name};
  RETURN_IF_ERROR(RemoveFinalizer(store_, key, kJobTrackingFinalizer));
  if (remove) {
    RETURN_IF_ERROR(RequestDeletion(store_, key, {}, clock_.Now()));
    events_.Record(job, {api::EventType::kNormal, "SuccessfulDelete", "Deleted pod: " + pod_name});
  }
  return {};
}

void JobController::CreatePod(const api::Job& job, api::Pod pod) {
  constexpr int kTries = 8;  // two pods of one Job with the same five characters: one in fourteen million
  const std::string prefix = pod.metadata.generate_name;
  for (int i = 1;; ++i) {
    pod.metadata.name = prefix + RandomSuffix(random_);
    const auto created = i < kTries ? store_.Create(pod) : store_.Create(std::move(pod));
    if (created.ok()) {
      pods_[job.metadata.uid].insert((*created)->metadata.name);
      events_.Record(
          job, {api::EventType::kNormal, "SuccessfulCreate", "Created pod: " + (*created)->metadata.name});
      return;
    }
    if (i == kTries) {
      events_.Record(
          job, {api::EventType::kWarning, "FailedCreate", "Error creating: " + created.error().message});
      return;
    }
  }
}

}  // namespace belfry::controllers
