// Bounds how many finished pods are kept.
#pragma once

#include <set>
#include <utility>

#include "agent/controllers/controller.h"
#include "agent/runtime/runtime.h"

namespace belfry::controllers {

// kube-controller-manager's --terminated-pod-gc-threshold.
inline constexpr size_t kMaxTerminatedPods = 12'500;

// Deletes the oldest finished pods, and what they have written, when there are more than that many, so that a
// Job of 100,000 completions takes no more memory than one of 12,500. Nothing of them runs, so they go at
// once. A pod that its Job has still to count stays.
// Thread: the core loop's. Source: kubernetes pkg/controller/podgc, as of 1.34.
class PodGarbageCollector : public Controller {
 public:
  // Requires: both outlive the collector.
  PodGarbageCollector(store::Store& store, runtime::Runtime& runtime,
                      size_t max_terminated = kMaxTerminatedPods)
      : store_(store), runtime_(runtime), max_terminated_(max_terminated) {}

  std::string_view name() const override { return "pod-garbage-collector"; }
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;

 private:
  store::Store& store_;
  runtime::Runtime& runtime_;
  size_t max_terminated_;
  std::set<std::pair<Instant, api::Key>> by_age_;  // those that may go, by creation
};

}  // namespace belfry::controllers
