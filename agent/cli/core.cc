#include "agent/cli/core.h"

#include <algorithm>

#include "agent/controllers/deletion.h"
#include "agent/controllers/event_recorder.h"
#include "agent/store/sqlite_journal.h"
#include "agent/store/volatile_journal.h"

namespace belfry::cli {
namespace {

controllers::HostFacts FactsOf(const Host& host) {
  return {.node_name = host.name,
          .ip = "127.0.0.1",
          .home = host.home,
          .allocatable = {{"cpu", std::to_string(host.cpus)}, {"memory", std::to_string(host.memory_bytes)}}};
}

Result<std::unique_ptr<store::Journal>> OpenJournal(const Clock& clock, const CoreOptions& options) {
  if (!options.durable) return std::unique_ptr<store::Journal>(std::make_unique<store::VolatileJournal>());
  ASSIGN_OR_RETURN(std::unique_ptr<store::Journal> journal,
                   store::SqliteJournal::Open(options.data_dir + "/belfry.db"));
  if (!options.committed) return journal;
  return std::unique_ptr<store::Journal>(
      std::make_unique<MeasuredJournal>(std::move(journal), clock, options.committed));
}

// As the kubelet marks pods that it ends because the node goes down.
api::Pod Disrupted(api::Pod pod, Instant now) {
  std::erase_if(pod.status.conditions, [](const api::Condition& c) { return c.type == "DisruptionTarget"; });
  pod.status.conditions.push_back({.type = "DisruptionTarget",
                                   .status = api::ConditionStatus::kTrue,
                                   .last_transition_time = TruncateToSeconds(now),
                                   .reason = "TerminationByKubelet",
                                   .message = "Pod was terminated because the agent was told to stop."});
  return pod;
}

}  // namespace

Core::Core(EventLoop& loop, CoreOptions options, std::unique_ptr<store::Journal> journal)
    : loop_(loop), options_(std::move(options)), journal_(std::move(journal)) {
  store_ = std::make_unique<store::Store>(loop_, random_, *journal_);
  runtime_ = std::make_unique<runtime::ProcessRuntime>(loop_, files_, options_.runtime);
  pods_ = std::make_unique<controllers::PodController>(loop_, *store_, *runtime_, FactsOf(options_.host),
                                                       runtime::ImageMap(options_.images));
  jobs_ = std::make_unique<controllers::JobController>(loop_, *store_, random_);
  cronjobs_ = std::make_unique<controllers::CronJobController>(*store_, loop_, options_.slots);
  ttl_ = std::make_unique<controllers::TtlController>(loop_, *store_);
  garbage_ = std::make_unique<controllers::GarbageCollector>(loop_, *store_);
  events_ = std::make_unique<controllers::EventPruner>(*store_, loop_);
  manager_ = std::make_unique<controllers::Manager>(loop_, *store_);
  manager_->OnReconciled(options_.reconciled);
  // Ends are noted before new things are begun.
  for (controllers::Controller* controller : std::initializer_list<controllers::Controller*>{
           pods_.get(), jobs_.get(), cronjobs_.get(), ttl_.get(), garbage_.get(), events_.get()}) {
    manager_->Add(*controller);
  }
}

Result<std::unique_ptr<Core>> Core::Open(EventLoop& loop, CoreOptions options) {
  ASSIGN_OR_RETURN(auto journal, OpenJournal(loop, options));
  auto core = std::unique_ptr<Core>(new Core(loop, std::move(options), std::move(journal)));
  RETURN_IF_ERROR(core->store_->Open());
  return core;
}

void Core::Start() { manager_->Start(); }

void Core::StopPods(std::function<void()> done) {
  stopped_ = std::move(done);
  for (const auto* controller : {static_cast<controllers::Controller*>(jobs_.get()),
                                 static_cast<controllers::Controller*>(cronjobs_.get())}) {
    manager_->Pause(controller->name());
  }
  store_->Watch([this](std::span<const store::Change>) { FinishWhenEmpty(); });
  DeletePods();
  FinishWhenEmpty();
}

void Core::DeletePods() {
  for (const auto& pod : store_->List<api::Pod>()) {
    if (api::IsTerminal(*pod)) continue;
    // Without either, the pod would merely run until it is killed below.
    if (!store_->Update(Disrupted(*pod, loop_.Now())).ok()) continue;
    (void)controllers::RequestDeletion(*store_, api::KeyOf(*pod), {}, loop_.Now());
  }
}

void Core::FinishWhenEmpty() {
  const auto pods = store_->List<api::Pod>();
  if (!stopped_ || !std::ranges::all_of(pods, [](const auto& pod) { return api::IsTerminal(*pod); })) return;
  runtime_->Shutdown(std::exchange(stopped_, nullptr));
}

void Core::KillPods(std::function<void()> done) {
  stopped_ = nullptr;
  runtime_->Shutdown(std::move(done));
}

}  // namespace belfry::cli
