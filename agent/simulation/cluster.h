// The part of a simulated agent that runs things: store, controllers, scripted runtime; one virtual loop.
#pragma once

#include "agent/base/fake_event_loop.h"
#include "agent/base/random.h"
#include "agent/controllers/cronjob/controller.h"
#include "agent/controllers/event_recorder.h"
#include "agent/controllers/garbage.h"
#include "agent/controllers/job/job_controller.h"
#include "agent/controllers/manager.h"
#include "agent/controllers/pod/pod_controller.h"
#include "agent/controllers/pod_garbage.h"
#include "agent/controllers/ttl.h"
#include "agent/simulation/scenario.h"
#include "agent/simulation/script_book.h"
#include "agent/simulation/scripted_runtime.h"
#include "agent/store/volatile_journal.h"

namespace belfry::simulation {

// Thread: one.
class Cluster {
 public:
  // Requires: the loop outlives it and stands at scenario.from.
  Cluster(FakeEventLoop& loop, const Scenario& scenario, controllers::SlotObserver observer);

  // Creates the scenario's objects, as if they had just been applied: a slot at scenario.from itself is due.
  // Errors: kAlreadyExists.
  Result<void> Create(const Scenario& scenario);
  // Requires: watchers of the store are registered.
  void Start() { manager_.Start(); }

  store::Store& store() { return store_; }
  ScriptBook& scripts() { return scripts_; }
  // Everything that the future depends on, but for events, relative to `base`.
  std::string StateText(Instant base) const;

 private:
  // The same names and uids in every run.
  static constexpr uint64_t kSeed = 1;

  SeededRandom random_{kSeed};
  store::VolatileJournal journal_;
  store::Store store_;
  ScriptBook scripts_;
  ScriptedRuntime runtime_;
  controllers::PodController pods_;
  controllers::JobController jobs_;
  controllers::CronJobController cronjobs_;
  controllers::TtlController ttl_;
  controllers::GarbageCollector garbage_;
  controllers::PodGarbageCollector finished_pods_;
  controllers::EventPruner events_;
  controllers::Manager manager_;
};

}  // namespace belfry::simulation
