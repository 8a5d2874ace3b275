#include "agent/controllers/deletion.h"

#include <algorithm>

#include "agent/controllers/manifest_seconds.h"

namespace belfry::controllers {
namespace {

constexpr int64_t kDefaultGraceSeconds = 30;

int64_t GraceOf(const api::Pod& pod, const DeleteOptions& options) {
  const int64_t wanted = options.grace_period_seconds.value_or(
      pod.spec.termination_grace_period_seconds.value_or(kDefaultGraceSeconds));
  return std::max<int64_t>(wanted, 0);
}

Result<void> DeletePod(store::Store& store, const api::Pod& current, const DeleteOptions& options,
                       Instant now) {
  const int64_t grace = GraceOf(current, options);
  const Instant end = now + ManifestSeconds(grace);
  const auto& meta = current.metadata;
  if (meta.deletion_timestamp && (!options.grace_period_seconds || *meta.deletion_timestamp <= end))
    return {};
  api::Pod pod = current;
  pod.metadata.deletion_timestamp = end;
  pod.metadata.deletion_grace_period_seconds = grace;
  RETURN_IF_ERROR(store.Update(std::move(pod)));
  return {};
}

// The object stays, marked, until the garbage collector has dealt with what it controls.
template <class T>
Result<void> Mark(store::Store& store, const T& current, std::string_view finalizer, Instant now) {
  T object = current;
  if (!object.metadata.deletion_timestamp) {
    object.metadata.deletion_timestamp = now;
    object.metadata.deletion_grace_period_seconds = 0;
  }
  if (!finalizer.empty() && !HasFinalizer(object.metadata, finalizer)) {
    object.metadata.finalizers.emplace_back(finalizer);
  }
  RETURN_IF_ERROR(store.Update(std::move(object)));
  return {};
}

template <class T>
Result<void> DeleteOwner(store::Store& store, const T& object, const DeleteOptions& options, Instant now) {
  switch (options.propagation) {
    case Propagation::kForeground:
      return Mark(store, object, kForegroundFinalizer, now);
    case Propagation::kOrphan:
      return Mark(store, object, kOrphanFinalizer, now);
    case Propagation::kBackground:
      break;
  }
  if (!object.metadata.finalizers.empty()) return Mark(store, object, {}, now);
  return store.Remove(api::KeyOf(object));
}

}  // namespace

bool HasFinalizer(const api::ObjectMeta& meta, std::string_view finalizer) {
  return std::ranges::find(meta.finalizers, finalizer) != meta.finalizers.end();
}

Result<void> RequestDeletion(store::Store& store, const api::Key& key, const DeleteOptions& options,
                             Instant now) {
  const api::Object* object = store.Find(key);
  if (object == nullptr) return Error{Code::kNotFound, "delete " + key.ToString() + ": it does not exist"};
  if (!options.uid.empty() && api::MetaOf(*object).uid != options.uid) {
    return Error{Code::kConflict, "delete " + key.ToString() + ": the uid is " + api::MetaOf(*object).uid +
                                      ", not " + options.uid};
  }
  if (const auto pod = api::As<api::Pod>(*object)) return DeletePod(store, *pod, options, now);
  if (const auto job = api::As<api::Job>(*object)) return DeleteOwner(store, *job, options, now);
  if (const auto cron_job = api::As<api::CronJob>(*object)) {
    return DeleteOwner(store, *cron_job, options, now);
  }
  return store.Remove(key);
}

Result<void> RequestStop(store::Store& store, const api::Key& key, Instant now) {
  const auto current = store.Get<api::Pod>(key.ns, key.name);
  if (!current) return Error{Code::kNotFound, "stop " + key.ToString() + ": it does not exist"};
  if (IsEnding(*current)) return {};
  api::Pod pod = *current;
  const Duration grace =
      ManifestSeconds(pod.spec.termination_grace_period_seconds.value_or(kDefaultGraceSeconds));
  pod.metadata.annotations[std::string(kStopByAnnotation)] = FormatRfc3339(now + grace);
  RETURN_IF_ERROR(store.Update(std::move(pod)));
  return {};
}

std::optional<Instant> EndsBy(const api::Pod& pod) {
  std::optional<Instant> by = pod.metadata.deletion_timestamp;
  const auto& annotations = pod.metadata.annotations;
  if (annotations.empty()) return by;
  const auto it = annotations.find(kStopByAnnotation);
  if (it == annotations.end()) return by;
  // Unreadable: somebody has written there, and meant that the pod should end.
  const auto stop = ParseRfc3339(it->second);
  const Instant at = stop.ok() ? *stop : pod.metadata.creation_timestamp.value_or(Instant());
  return by ? std::min(*by, at) : at;
}

namespace {

template <class T>
Result<void> DropFinalizer(store::Store& store, const T& current, std::string_view finalizer) {
  if (!HasFinalizer(current.metadata, finalizer)) return {};
  T object = current;
  std::erase(object.metadata.finalizers, finalizer);
  RETURN_IF_ERROR(store.Update(std::move(object)));
  return {};
}

}  // namespace

Result<void> RemoveFinalizer(store::Store& store, const api::Key& key, std::string_view finalizer) {
  const api::Object* found = store.Find(key);
  if (found == nullptr) return {};
  const api::Object object = *found;
  return std::visit([&](const auto& pointer) { return DropFinalizer(store, *pointer, finalizer); }, object);
}

}  // namespace belfry::controllers
