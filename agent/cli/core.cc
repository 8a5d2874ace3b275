#include "agent/cli/core.h"

#include <algorithm>

#include "agent/controllers/event_recorder.h"
#include "agent/manifest/validate.h"
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

runtime::Places PlacesOf(const std::string& data_dir, const RuntimeConfig& config) {
  return {.images = runtime::ImageMap(config.images),
          .claims = runtime::ClaimFolders(runtime::ClaimRoot(data_dir), config.claims),
          .host_aliases = config.host_aliases};
}

Result<std::unique_ptr<store::Journal>> OpenJournal(const Clock& clock, const CoreOptions& options) {
  if (!options.durable) return std::unique_ptr<store::Journal>(std::make_unique<store::VolatileJournal>());
  ASSIGN_OR_RETURN(std::unique_ptr<store::Journal> journal,
                   store::SqliteJournal::Open(options.data_dir + "/belfry.db"));
  if (!options.committed) return journal;
  return std::unique_ptr<store::Journal>(
      std::make_unique<MeasuredJournal>(std::move(journal), clock, options.committed));
}

}  // namespace

Core::Core(EventLoop& loop, CoreOptions options, std::unique_ptr<store::Journal> journal)
    : loop_(loop), options_(std::move(options)), journal_(std::move(journal)) {
  store_ = std::make_unique<store::Store>(loop_, random_, *journal_);
  runtime_ = std::make_unique<runtime::ProcessRuntime>(loop_, files_, options_.runtime);
  pods_ = std::make_unique<controllers::PodController>(loop_, *store_, *runtime_, FactsOf(options_.host),
                                                       PlacesOf(options_.data_dir, options_.places));
  jobs_ = std::make_unique<controllers::JobController>(loop_, *store_, random_);
  cronjobs_ = std::make_unique<controllers::CronJobController>(*store_, loop_, options_.slots);
  cronjobs_->Admit(manifest::AdmitJob);
  ttl_ = std::make_unique<controllers::TtlController>(loop_, *store_);
  garbage_ = std::make_unique<controllers::GarbageCollector>(loop_, *store_);
  finished_pods_ = std::make_unique<controllers::PodGarbageCollector>(*store_, *runtime_);
  events_ = std::make_unique<controllers::EventPruner>(*store_, loop_);
  manager_ = std::make_unique<controllers::Manager>(loop_, *store_);
  manager_->OnReconciled(options_.reconciled);
  // Ends are noted before new things are begun.
  for (controllers::Controller* controller :
       std::initializer_list<controllers::Controller*>{pods_.get(), jobs_.get(), cronjobs_.get(), ttl_.get(),
                                                       garbage_.get(), finished_pods_.get(), events_.get()}) {
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

void Core::SetPlaces(const RuntimeConfig& places) { pods_->SetPlaces(PlacesOf(options_.data_dir, places)); }

void Core::StopPods(std::function<void()> done) {
  for (const auto* controller : {static_cast<controllers::Controller*>(jobs_.get()),
                                 static_cast<controllers::Controller*>(cronjobs_.get())}) {
    manager_->Pause(controller->name());
  }
  drain_ = std::make_unique<controllers::Drain>(loop_, *store_);
  drain_->Begin([this, done = std::move(done)] { runtime_->Shutdown(done); });
}

void Core::KillPods(std::function<void()> done) {
  if (drain_) drain_->Cancel();
  runtime_->Shutdown(std::move(done));
}

}  // namespace belfry::cli
