#include "agent/controllers/garbage.h"

#include <algorithm>

namespace belfry::controllers {
namespace {

constexpr size_t kPerReconcile = 100;

template <class T>
Result<void> DropOwner(store::Store& store, const T& current, const std::string& uid) {
  T object = current;
  std::erase_if(object.metadata.owner_references,
                [&](const api::OwnerReference& owner) { return owner.uid == uid; });
  RETURN_IF_ERROR(store.Update(std::move(object)));
  return {};
}

bool IsMarked(const api::ObjectMeta& meta) {
  return meta.deletion_timestamp &&
         (HasFinalizer(meta, kForegroundFinalizer) || HasFinalizer(meta, kOrphanFinalizer));
}

}  // namespace

void GarbageCollector::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (!change.after) {
    if (!change.before) return;
    const api::ObjectMeta& gone = api::MetaOf(*change.before);
    for (const api::Key& key : DependentsOf(gone.uid)) enqueue(key, Duration(0));
    // An owner that goes in the foreground may have waited for this one.
    for (const api::OwnerReference& owner : gone.owner_references) {
      if (const auto kind = api::KindFromName(owner.kind)) {
        const api::Object* object = store_.Find({*kind, gone.ns, owner.name});
        if (object != nullptr && IsMarked(api::MetaOf(*object))) enqueue(api::KeyOf(*object), Duration(0));
      }
    }
    return;
  }
  const api::ObjectMeta& meta = api::MetaOf(*change.after);
  const bool is_new = !change.before && !meta.owner_references.empty();
  if (is_new || (meta.deletion_timestamp && change.key.kind != api::Kind::kPod))
    enqueue(change.key, Duration(0));
}

std::set<api::Key> GarbageCollector::DependentsOf(const std::string& uid) const {
  std::set<api::Key> keys;
  for (const auto& pod : store_.ListControlledBy<api::Pod>(uid)) keys.insert(api::KeyOf(*pod));
  for (const auto& job : store_.ListControlledBy<api::Job>(uid)) keys.insert(api::KeyOf(*job));
  return keys;
}

Result<Look> GarbageCollector::Reconcile(const api::Key& key) {
  const api::Object* object = store_.Find(key);
  if (object == nullptr) return Look{};
  const api::ObjectMeta meta = api::MetaOf(*object);
  if (!meta.owner_references.empty() && !HasLivingOwner(meta)) return Collect(key);
  if (!meta.deletion_timestamp || key.kind == api::Kind::kPod) return Look{};
  if (HasFinalizer(meta, kOrphanFinalizer)) return Orphan(key, meta);
  if (HasFinalizer(meta, kForegroundFinalizer)) return DeleteInForeground(key, meta);
  RETURN_IF_ERROR(RemoveIfFree(key));
  return Look{};
}

bool GarbageCollector::HasLivingOwner(const api::ObjectMeta& meta) const {
  return std::ranges::any_of(meta.owner_references, [&](const api::OwnerReference& owner) {
    const auto kind = api::KindFromName(owner.kind);
    if (!kind) return true;  // nothing is known of such kinds, least of all that it is gone
    const api::Object* object = store_.Find({*kind, meta.ns, owner.name});
    return object != nullptr && api::MetaOf(*object).uid == owner.uid;
  });
}

Result<Look> GarbageCollector::Collect(const api::Key& key) {
  if (key.kind == api::Kind::kPod) RETURN_IF_ERROR(RemoveFinalizer(store_, key, kJobTrackingFinalizer));
  RETURN_IF_ERROR(RequestDeletion(store_, key, {}, clock_.Now()));
  return Look{};
}

// Children first, theirs before them; the last of them to go brings the collector back here.
Result<Look> GarbageCollector::DeleteInForeground(const api::Key& key, const api::ObjectMeta& meta) {
  const std::set<api::Key> dependents = DependentsOf(meta.uid);
  if (dependents.empty()) {
    RETURN_IF_ERROR(RemoveFinalizer(store_, key, kForegroundFinalizer));
    RETURN_IF_ERROR(RemoveIfFree(key));
    return Look{};
  }
  size_t asked = 0;
  for (const api::Key& dependent : dependents) {
    if (api::MetaOf(*store_.Find(dependent)).deletion_timestamp) continue;
    if (asked++ == kPerReconcile) return Look{.again = true};
    RETURN_IF_ERROR(RemoveFinalizer(store_, dependent, kJobTrackingFinalizer));
    RETURN_IF_ERROR(
        RequestDeletion(store_, dependent, {.propagation = Propagation::kForeground}, clock_.Now()));
  }
  return Look{};
}

Result<Look> GarbageCollector::Orphan(const api::Key& key, const api::ObjectMeta& meta) {
  size_t done = 0;
  for (const api::Key& dependent : DependentsOf(meta.uid)) {
    if (done++ == kPerReconcile) return Look{.again = true};
    if (dependent.kind == api::Kind::kPod) {
      RETURN_IF_ERROR(RemoveFinalizer(store_, dependent, kJobTrackingFinalizer));
    }
    const api::Object object = *store_.Find(dependent);
    RETURN_IF_ERROR(
        std::visit([&](const auto& pointer) { return DropOwner(store_, *pointer, meta.uid); }, object));
  }
  RETURN_IF_ERROR(RemoveFinalizer(store_, key, kOrphanFinalizer));
  RETURN_IF_ERROR(RemoveIfFree(key));
  return Look{};
}

Result<void> GarbageCollector::RemoveIfFree(const api::Key& key) {
  const api::Object* object = store_.Find(key);
  if (object == nullptr || !api::MetaOf(*object).finalizers.empty()) return {};
  return store_.Remove(key);
}

}  // namespace belfry::controllers
