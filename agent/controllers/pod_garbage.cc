#include "agent/controllers/pod_garbage.h"

namespace belfry::controllers {
namespace {

bool MayGo(const api::Pod& pod) {
  return IsTerminal(pod) && !pod.metadata.deletion_timestamp && pod.metadata.finalizers.empty();
}

// Nothing: it may not go, or is not there.
std::optional<std::pair<Instant, api::Key>> AgeOf(const std::optional<api::Object>& object) {
  if (!object) return std::nullopt;
  const auto pod = api::As<api::Pod>(*object);
  if (!MayGo(*pod)) return std::nullopt;
  return std::pair(pod->metadata.creation_timestamp.value_or(Instant()), api::KeyOf(*pod));
}

}  // namespace

void PodGarbageCollector::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (change.key.kind != api::Kind::kPod) return;
  if (const auto before = AgeOf(change.before)) by_age_.erase(*before);
  if (auto after = AgeOf(change.after)) by_age_.insert(*std::move(after));
  // The surplus is one matter, whichever pod it begins with.
  if (by_age_.size() > max_terminated_) enqueue(api::Key{api::Kind::kPod, {}, {}}, Duration(0));
}

Result<Look> PodGarbageCollector::Reconcile(const api::Key&) {
  constexpr size_t kPortion = 100;
  for (size_t removed = 0; by_age_.size() > max_terminated_; ++removed) {
    if (removed == kPortion) return Look{.again = true};
    const api::Key& oldest = by_age_.begin()->second;
    // What is not committed yet has not been shown here: the pod may be held, or be another by now.
    // The files go first: dying before the commit leaves an object that is found again.
    if (const auto pod = store_.Get<api::Pod>(oldest.ns, oldest.name); pod && MayGo(*pod)) {
      runtime_.RemovePod(oldest.ns, oldest.name, pod->metadata.uid);
      RETURN_IF_ERROR(store_.Remove(oldest));
    }
    by_age_.erase(by_age_.begin());
  }
  return Look{};
}

}  // namespace belfry::controllers
