// What must hold of a Job in every step that becomes durable, and an account of its pods' ends that is kept
// independently.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/base/fake_event_loop.h"
#include "agent/controllers/job/indexes.h"
#include "agent/runtime/fake_runtime.h"
#include "agent/store/store.h"

namespace belfry::controllers {

// Listens to a store's commits, those of one agent after the other. Violations are gtest failures.
class JobLedger {
 public:
  JobLedger(const FakeEventLoop& loop, const runtime::FakeRuntime& runtime)
      : loop_(loop), runtime_(runtime) {}

  void Watch(store::Store& store);
  // Nothing is due now: what a look would have changed has been changed.
  void CheckSettled() const;
  // Every pod that ended while its Job lived has been counted.
  void CheckAllCounted() const;
  int64_t created() const { return created_; }

 private:
  using Pods = std::map<std::string, api::Ptr<api::Pod>>;  // by uid

  // What one pod adds to its Job's counters.
  struct Outcome {
    int32_t failed = 0;
    int32_t succeeded = 0;
    std::optional<int32_t> index = std::nullopt;    // completed
    std::optional<Instant> failure = std::nullopt;  // lengthens the delay
    std::optional<Instant> success = std::nullopt;  // wipes it
  };

  void OnStep(std::span<const store::Change> changes);
  void OnPod(const store::Change& change);
  void OnCreated(const api::Ptr<api::Pod>& pod, std::span<const store::Change> later);
  void Count(const api::Pod& before, const api::Pod* after);
  Outcome Ended(const api::Pod& pod, bool placed) const;
  Outcome Killed(const api::Pod& before, const api::Pod& pod, bool placed) const;
  void Add(const Outcome& outcome);
  void Resolve();
  bool Fits(const std::vector<const Outcome*>& chosen) const;
  void CheckNotMoreThanWanted(const api::Pod& created, const Pods& seen) const;
  void CheckGlobalDelay() const;
  void CheckIndexDelay(const api::Pod& created, int32_t index, const Pods& seen) const;
  void CheckJob(const api::Job* before, const api::Job& after);
  void CheckEnd(const api::Job& after) const;
  void CheckReason(const api::Job& after) const;
  void CheckCounters(const api::Job& after);

  const FakeEventLoop& loop_;
  const runtime::FakeRuntime& runtime_;
  std::vector<std::vector<store::Change>> uncommitted_;  // step by step
  api::Ptr<api::Job> job_;
  Pods pods_;                      // those in the store
  std::set<std::string> counted_;  // uids
  std::map<std::string, api::PodPhase> final_phases_;
  int64_t created_ = 0;
  std::vector<std::vector<Outcome>> doubtful_;  // of this step
  int32_t succeeded_ = 0;
  int32_t failed_ = 0;
  IndexSet completed_;
  // Ends of failed pods that lengthen the delay, and the newest success.
  std::vector<Instant> failures_;
  std::optional<Instant> newest_success_;
};

}  // namespace belfry::controllers
