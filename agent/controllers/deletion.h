// Asking for an object's end, as the API, the TTL, history limits and manifest folders do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/pod.h"
#include "agent/store/store.h"

namespace belfry::controllers {

// Bookkeeping marks on objects that may not go yet.
inline constexpr std::string_view kJobTrackingFinalizer = "batch.kubernetes.io/job-tracking";
inline constexpr std::string_view kForegroundFinalizer = "foregroundDeletion";
inline constexpr std::string_view kOrphanFinalizer = "orphan";

// On a pod that is to end although its object and its output stay: when what still runs is killed.
inline constexpr std::string_view kStopByAnnotation = "belfry.dev/stop-by";

// What becomes of the objects that the deleted one controls.
enum class Propagation {
  kBackground,  // the object goes at once, what it controls follows
  kForeground,  // the object goes when nothing it controls is left
  kOrphan,      // what it controls stays, without an owner
};

struct DeleteOptions {
  Propagation propagation = Propagation::kBackground;
  std::optional<int64_t> grace_period_seconds = std::nullopt;  // pods; absent: what the pod says, else 30
  std::string uid = {};                                        // non-empty: only this very object
};

// Begins the deletion of an object. Pods get a deletionTimestamp (the end of their grace period) and go when
// nothing of theirs runs any more; asking again can shorten the grace period, never lengthen it. Jobs and
// CronJobs go as `propagation` says; all others at once. Asking twice is harmless.
// Errors: kNotFound; kConflict if `uid` is another's. Thread: the core loop's.
// Source: kubernetes/apiserver registry/rest BeforeDelete.
Result<void> RequestDeletion(store::Store& store, const api::Key& key, const DeleteOptions& options,
                             Instant now);

// Ends a pod as a deletion would, SIGTERM and grace period included, but keeps the object and what it has
// written: evidence for whoever asks why. Asking twice is harmless. Errors: kNotFound.
// Thread: the core loop's.
Result<void> RequestStop(store::Store& store, const api::Key& key, Instant now);

// When a pod that is being deleted or stopped is to be killed; nothing if it may run on.
std::optional<Instant> EndsBy(const api::Pod& pod);
// Is being deleted or stopped.
inline bool IsEnding(const api::Pod& pod) { return EndsBy(pod).has_value(); }

// The object without that finalizer; nothing if it has none.
Result<void> RemoveFinalizer(store::Store& store, const api::Key& key, std::string_view finalizer);

bool HasFinalizer(const api::ObjectMeta& meta, std::string_view finalizer);

}  // namespace belfry::controllers
