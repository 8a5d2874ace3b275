// Ends every pod because the agent was told to stop.
#pragma once

#include <functional>

#include "agent/base/clock.h"
#include "agent/store/store.h"

namespace belfry::controllers {

// As a kubelet ends pods when its node shuts down: each gets SIGTERM and its grace period, ends Failed with
// reason Terminated and carries the condition DisruptionTarget, so that a podFailurePolicy can spare the
// retries. The objects and their output stay; the next agent's controllers go on from there.
// Thread: the core loop's. Requires: what would start new pods is paused; clock and store outlive the drain.
class Drain {
 public:
  Drain(const Clock& clock, store::Store& store) : clock_(clock), store_(store) {}

  // `done` is called once no pod runs, perhaps at once; not after Cancel.
  void Begin(std::function<void()> done);
  void Cancel() { done_ = nullptr; }

 private:
  void FinishWhenEmpty();

  const Clock& clock_;
  store::Store& store_;
  std::function<void()> done_;
};

}  // namespace belfry::controllers
