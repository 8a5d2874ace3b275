// The runtime's events, kept by pod: what the pod controller knows without asking.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/controllers/pod/facts.h"

namespace belfry::controllers {

// Thread: the core loop's.
class RuntimeView {
 public:
  // Takes in one event. Returns the uids of the pods it concerns; RuntimeSynced concerns every pod known
  // here.
  std::vector<std::string> Apply(const runtime::RuntimeEvent& event);

  bool synced() const { return synced_; }
  // What is known of that pod.
  PodFacts FactsOf(const std::string& pod_uid) const;
  void MarkStarting(const runtime::ContainerId& id);
  void UnmarkStarting(const runtime::ContainerId& id);  // nobody has asked for the start after all
  void MarkSignalled(const runtime::ContainerId& id);
  void Forget(const runtime::ContainerId& id);
  void ForgetPod(const std::string& pod_uid) { pods_.erase(pod_uid); }
  bool Knows(const std::string& pod_uid) const { return pods_.contains(pod_uid); }

 private:
  std::vector<std::string> Sync(const runtime::RuntimeSynced& synced);

  bool synced_ = false;
  std::map<std::string, PodFacts> pods_;  // by uid; no table: one that grows moves all its entries at once
};

}  // namespace belfry::controllers
