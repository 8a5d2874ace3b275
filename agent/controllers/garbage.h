// Owners and what they own: who goes when its owner goes, and who lets its owner go.
#pragma once

#include <set>
#include <string>

#include "agent/base/clock.h"
#include "agent/controllers/controller.h"
#include "agent/controllers/deletion.h"

namespace belfry::controllers {

// Deletes objects none of whose owners exists (an owner is who has that uid, not only that name), and carries
// out foreground and orphan deletion. A pod whose Job is gone loses the Job's mark: nobody will count it.
// Thread: the core loop's.
// Source: kubernetes pkg/controller/garbagecollector, as of 1.34.
class GarbageCollector : public Controller {
 public:
  // Requires: both outlive the collector.
  GarbageCollector(const Clock& clock, store::Store& store) : clock_(clock), store_(store) {}

  std::string_view name() const override { return "garbage-collector"; }
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;

 private:
  bool HasLivingOwner(const api::ObjectMeta& meta) const;
  Result<Look> Collect(const api::Key& key);
  Result<Look> DeleteInForeground(const api::Key& key, const api::ObjectMeta& meta);
  Result<Look> Orphan(const api::Key& key, const api::ObjectMeta& meta);
  Result<void> RemoveIfFree(const api::Key& key);
  std::set<api::Key> DependentsOf(const std::string& uid) const;

  const Clock& clock_;
  store::Store& store_;
};

}  // namespace belfry::controllers
