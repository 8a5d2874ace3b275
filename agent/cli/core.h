// The part of the agent that runs things: store, controllers, runtime; one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/random.h"
#include "agent/cli/config.h"
#include "agent/cli/host.h"
#include "agent/cli/measured_journal.h"
#include "agent/controllers/cronjob/controller.h"
#include "agent/controllers/garbage.h"
#include "agent/controllers/job/job_controller.h"
#include "agent/controllers/manager.h"
#include "agent/controllers/pod/drain.h"
#include "agent/controllers/pod/pod_controller.h"
#include "agent/controllers/pod_garbage.h"
#include "agent/controllers/ttl.h"
#include "agent/runtime/process/process_runtime.h"
#include "agent/store/store.h"

namespace belfry::cli {

struct CoreOptions {
  std::string data_dir;  // exists, absolute
  bool durable = true;   // false: the store is in memory only
  Host host;
  RuntimeConfig places;
  runtime::ProcessRuntimeOptions runtime;
  MeasuredJournal::Observer committed;        // of each transaction; may be empty
  controllers::Manager::Observer reconciled;  // of each reconcile; may be empty
  controllers::SlotObserver slots;            // of what became of CronJobs' slots; may be empty
};

// Thread: the loop's. Requires: the loop outlives it.
class Core {
 public:
  // Reads what the last agent left. Errors: the data directory is another agent's, damaged or not writable.
  static Result<std::unique_ptr<Core>> Open(EventLoop& loop, CoreOptions options);

  // From here on things happen. Requires: watchers of the store are registered.
  void Start();
  // Ends every pod (drain.h), then the supervisor, and calls `done`.
  void StopPods(std::function<void()> done);
  // Kills every pod at once, ends the supervisor and calls `done`.
  void KillPods(std::function<void()> done);
  // After a reload of the configuration.
  void SetPlaces(const RuntimeConfig& places);

  store::Store& store() { return *store_; }
  controllers::Manager& manager() { return *manager_; }
  controllers::PodController& pods() { return *pods_; }
  controllers::JobController& jobs() { return *jobs_; }
  controllers::TtlController& ttl() { return *ttl_; }
  controllers::CronJobController& cronjobs() { return *cronjobs_; }
  runtime::ProcessRuntime& runtime() { return *runtime_; }

 private:
  Core(EventLoop& loop, CoreOptions options, std::unique_ptr<store::Journal> journal);

  EventLoop& loop_;
  CoreOptions options_;
  SystemRandom random_;
  PosixFileSystem files_;
  std::unique_ptr<store::Journal> journal_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<runtime::ProcessRuntime> runtime_;
  std::unique_ptr<controllers::PodController> pods_;
  std::unique_ptr<controllers::JobController> jobs_;
  std::unique_ptr<controllers::CronJobController> cronjobs_;
  std::unique_ptr<controllers::TtlController> ttl_;
  std::unique_ptr<controllers::GarbageCollector> garbage_;
  std::unique_ptr<controllers::PodGarbageCollector> finished_pods_;
  std::unique_ptr<controllers::EventPruner> events_;
  std::unique_ptr<controllers::Manager> manager_;
  std::unique_ptr<controllers::Drain> drain_;
};

}  // namespace belfry::cli
