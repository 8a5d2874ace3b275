// A whole agent on virtual time: store, controllers and the fake runtime, which can be killed at any action
// and started again on what was durable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/base/fake_event_loop.h"
#include "agent/controllers/cronjob/controller.h"
#include "agent/controllers/event_recorder.h"
#include "agent/controllers/garbage.h"
#include "agent/controllers/job/job_controller.h"
#include "agent/controllers/manager.h"
#include "agent/controllers/pod/pod_controller.h"
#include "agent/controllers/pod_garbage.h"
#include "agent/controllers/ttl.h"
#include "agent/manifest/validate.h"
#include "agent/runtime/fake_runtime.h"
#include "tests/support/memory_journal.h"

namespace belfry::testing {

class AgentWorld {
 public:
  // In which order controllers look at what happens in one instant; kPodsFirst is the agent's.
  enum class Turns { kCronJobsFirst, kPodsFirst };

  explicit AgentWorld(runtime::FakeRuntime::Scripts scripts, Instant start = FromUnixSeconds(1'700'000'000),
                      Turns turns = Turns::kCronJobsFirst)
      : loop_(start), turns_(turns), runtime_(loop_, std::move(scripts)), journal_(*this) {
    Boot();
  }
  ~AgentWorld() { agent_.reset(); }

  FakeEventLoop& loop() { return loop_; }
  store::Store& store() { return agent_->store; }
  runtime::FakeRuntime& runtime() { return runtime_; }
  controllers::PodController& pods() { return agent_->pods; }
  controllers::JobController& jobs() { return agent_->jobs; }
  controllers::TtlController& ttl() { return agent_->ttl; }
  controllers::Manager& manager() { return agent_->manager; }
  MemoryJournal& journal() { return journal_; }
  Instant now() const { return loop_.Now(); }

  // The agent dies before its n-th action from now (reconcile, command to the runtime or commit) and is
  // started again at once; 0: never.
  void DieBefore(uint64_t n) { actions_left_ = n; }
  uint64_t actions() const { return actions_; }
  uint64_t deaths() const { return deaths_; }
  // What every agent so far has told of CronJobs' slots.
  struct Slot {
    std::string cronjob;
    controllers::SlotRecord record;
  };
  const std::vector<Slot>& slots() const { return slots_; }
  // Called for each new agent, before its controllers see anything.
  void OnBoot(std::function<void(store::Store&)> hook) { on_boot_ = std::move(hook); }

  void Kill() {
    Stop();
    Restart();
  }
  // The agent is gone for a while; what it started runs on.
  void Stop() {
    agent_.reset();
    loop_.Drop();
    runtime_.Disconnect();
    runtime_.Rearm();
    dead_ = false;
    ++deaths_;
  }
  // Requires: Stop was called.
  void Restart() { Boot(); }
  void Settle() {
    loop_.RunUntilIdle();
    while (dead_) {
      Kill();
      loop_.RunUntilIdle();
    }
  }
  void Run(Duration d) {
    const Instant end = loop_.Now() + d;
    Settle();
    do {
      loop_.AdvanceTo(std::min(loop_.NextDeadline(end), end));
      Settle();
    } while (loop_.Now() < end);
  }
  // Until nothing is planned any more, or for `most`.
  void RunOut(Duration most = hours(24 * 30)) {
    const Instant end = loop_.Now() + most;
    Settle();
    for (Instant next = loop_.NextDeadline(end); next < end; next = loop_.NextDeadline(end)) {
      loop_.AdvanceTo(next);
      Settle();
    }
  }

  template <class T>
  api::Ptr<T> Create(T object) {
    if (object.metadata.ns.empty()) object.metadata.ns = "default";
    auto created = agent_->store.Create(std::move(object));
    CHECK(created.ok());
    Run(Duration(0));
    return *created;
  }
  template <class T>
  api::Ptr<T> Get(const std::string& name) {
    return agent_->store.Get<T>("default", name);
  }
  template <class T>
  void Change(const std::string& name, const std::function<void(T&)>& change) {
    T object = *Get<T>(name);
    change(object);
    CHECK(agent_->store.Update(std::move(object), true).ok());
    Settle();
  }
  void Delete(api::Kind kind, const std::string& name, const controllers::DeleteOptions& options = {}) {
    CHECK(controllers::RequestDeletion(agent_->store, {kind, "default", name}, options, now()).ok());
    Settle();
  }
  // "reason xcount", in the order of first_timestamp and name.
  std::vector<std::string> EventsOf(const std::string& name) {
    std::vector<std::string> texts;
    for (const auto& event : agent_->store.List<api::Event>("default")) {
      if (event->involved_object.name == name) texts.push_back(event->reason + ": " + event->message);
    }
    return texts;
  }

 private:
  // Commits count as actions, too: what a dead agent wrote last is lost.
  class GatedJournal : public MemoryJournal {
   public:
    explicit GatedJournal(AgentWorld& world) : world_(world) {}
    Result<void> Commit(const std::vector<store::JournalEntry>& entries, uint64_t revision) override {
      if (!world_.Permit()) return Error{Code::kUnavailable, "the agent is dead"};
      return MemoryJournal::Commit(entries, revision);
    }

   private:
    AgentWorld& world_;
  };

  struct Agent {
    Agent(FakeEventLoop& loop, Random& random, store::Journal& journal, runtime::Runtime& runtime,
          controllers::SlotObserver observer, Turns turns)
        : store(loop, random, journal),
          cronjobs(store, loop, std::move(observer)),
          jobs(loop, store, random),
          pods(loop, store, runtime, {.node_name = "host-1", .ip = "192.0.2.7"}, {}),
          garbage(loop, store),
          ttl(loop, store),
          finished_pods(store, runtime),
          pruner(store, loop),
          manager(loop, store) {
      cronjobs.Admit(manifest::AdmitJob);
      std::vector<controllers::Controller*> order = {&cronjobs, &jobs, &pods};
      if (turns == Turns::kPodsFirst) order = {&pods, &jobs, &cronjobs};
      for (controllers::Controller* controller : order) manager.Add(*controller);
      for (controllers::Controller* controller :
           std::initializer_list<controllers::Controller*>{&garbage, &ttl, &finished_pods, &pruner}) {
        manager.Add(*controller);
      }
    }
    store::Store store;
    controllers::CronJobController cronjobs;
    controllers::JobController jobs;
    controllers::PodController pods;
    controllers::GarbageCollector garbage;
    controllers::TtlController ttl;
    controllers::PodGarbageCollector finished_pods;
    controllers::EventPruner pruner;
    controllers::Manager manager;
  };

  bool Permit() {
    if (dead_) return false;
    ++actions_;
    if (actions_left_ == 0 || --actions_left_ > 0) return true;
    dead_ = true;
    return false;
  }

  void Boot() {
    agent_ = std::make_unique<Agent>(
        loop_, random_, journal_, runtime_,
        [this](const api::CronJob& cronjob, const controllers::SlotRecord& record) {
          slots_.push_back({cronjob.metadata.name, record});
        },
        turns_);
    CHECK(agent_->store.Open().ok());
    if (on_boot_) on_boot_(agent_->store);
    agent_->manager.BeforeAction([this](std::string_view) { return Permit(); });
    agent_->pods.BeforeAction([this](std::string_view) { return Permit(); });
    agent_->manager.Start();
  }

  FakeEventLoop loop_;
  const Turns turns_;
  SeededRandom random_{42};
  runtime::FakeRuntime runtime_;
  GatedJournal journal_;
  std::function<void(store::Store&)> on_boot_;
  uint64_t actions_left_ = 0;
  uint64_t actions_ = 0;
  uint64_t deaths_ = 0;
  bool dead_ = false;
  std::vector<Slot> slots_;
  std::unique_ptr<Agent> agent_;
};

// --- Building Jobs the way manifests' defaults leave them ---

inline api::Container SimpleContainer(std::string name = "main") {
  api::Container container;
  container.name = std::move(name);
  container.image = "busybox";
  container.command = {"/bin/true"};
  return container;
}

inline api::Job SimpleJob(std::string name, const std::function<void(api::JobSpec&)>& change = {}) {
  api::Job job;
  job.metadata.name = std::move(name);
  job.metadata.ns = "default";
  job.spec.parallelism = 1;
  job.spec.completions = 1;
  job.spec.backoff_limit = 6;
  job.spec.completion_mode = "NonIndexed";
  job.spec.suspend = false;
  job.spec.pod_replacement_policy = "TerminatingOrFailed";
  job.spec.pod_template.spec.restart_policy = "Never";
  job.spec.pod_template.spec.termination_grace_period_seconds = 30;
  job.spec.pod_template.spec.containers.push_back(SimpleContainer());
  if (change) change(job.spec);
  return job;
}

}  // namespace belfry::testing
