#include "agent/controllers/pod_garbage.h"

#include "agent/controllers/deletion.h"

namespace belfry::controllers {
namespace {

bool MayGo(const api::Pod& pod) {
  return IsTerminal(pod) && !pod.metadata.deletion_timestamp &&
         !HasFinalizer(pod.metadata, kJobTrackingFinalizer);
}

}  // namespace

void PodGarbageCollector::Track(const api::Key& key, const api::Pod* pod) {
  if (pod != nullptr && MayGo(*pod)) {
    const Instant created = pod->metadata.creation_timestamp.value_or(Instant());
    if (created_.emplace(key, created).second) by_age_.emplace(created, key);
  } else if (const auto it = created_.find(key); it != created_.end()) {
    by_age_.erase({it->second, key});
    created_.erase(it);
  }
}

void PodGarbageCollector::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (change.key.kind != api::Kind::kPod) return;
  Track(change.key, change.after ? api::As<api::Pod>(*change.after).get() : nullptr);
  // The surplus is one matter, whichever pod it begins with.
  if (by_age_.size() > max_terminated_) enqueue(api::Key{api::Kind::kPod, {}, {}}, Duration(0));
}

Result<Look> PodGarbageCollector::Reconcile(const api::Key&) {
  constexpr size_t kPortion = 100;
  for (size_t removed = 0; by_age_.size() > max_terminated_; ++removed) {
    if (removed == kPortion) return Look{.again = true};
    const api::Key oldest = by_age_.begin()->second;
    const auto deleted = RequestDeletion(store_, oldest, {}, clock_.Now());
    if (!deleted.ok() && deleted.error().code != Code::kNotFound) return deleted.error();
    Track(oldest, nullptr);
  }
  return Look{};
}

}  // namespace belfry::controllers
