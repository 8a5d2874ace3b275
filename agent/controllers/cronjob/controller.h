// Creates the Jobs of CronJobs when they are due.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agent/base/event_loop.h"
#include "agent/controllers/controller.h"
#include "agent/controllers/cronjob/decide.h"
#include "agent/controllers/cronjob/slot.h"
#include "agent/controllers/cronjob/zone_watch.h"
#include "agent/controllers/event_recorder.h"

namespace belfry::controllers {

// Sleeps until the next slot of any CronJob; a clock that is set wakes it. Thread: the core loop's.
class CronJobController : public Controller {
 public:
  // `observer` hears of each decision about a slot once it is durable. Requires: store and loop outlive the
  // controller.
  CronJobController(store::Store& store, EventLoop& loop, SlotObserver observer = {},
                    cron::ZoneDatabase zones = cron::ZoneDatabase());
  ~CronJobController() override;

  std::string_view name() const override { return "cronjob-controller"; }
  void Start(Enqueue enqueue) override;
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;

  // Asked before each Job is created. What it refuses as kInvalid is told as FailedCreate and asked again at
  // the next slot or change of the CronJob. To be called before Start.
  using Admission = std::function<Result<void>(const api::Job&)>;
  void Admit(Admission admission) { admission_ = std::move(admission); }
  // The zones of the CronJobs; those whose zone changes are looked at again.
  ZoneWatch& zones() { return zones_; }

 private:
  void OnCronJobChange(const store::Change& change, const Enqueue& enqueue);
  void OnClockJump(Duration by);
  void OnZonesChanged(const std::vector<std::string>& names);
  CronJobObserved Observe(const api::CronJob& cronjob);
  Result<Look> Apply(const api::CronJob& cronjob, CronJobDecision decision, Instant now);
  Result<void> Delete(const api::CronJob& cronjob, const JobDeletion& deletion, Instant now);
  Result<void> Create(const api::CronJob& cronjob, api::Job job, api::CronJobStatus& status);
  Result<api::Ptr<api::Job>> Submit(api::Job job);
  void Report(const api::CronJob& cronjob, std::vector<SlotRecord> slots);

  store::Store& store_;
  EventLoop& loop_;
  SlotObserver observer_;
  Admission admission_;
  EventRecorder recorder_;
  ZoneWatch zones_;
  Enqueue enqueue_;
  std::map<std::string, Instant> edited_at_;  // by uid
  std::optional<ClockJump> clock_jump_;
  std::shared_ptr<bool> alive_;  // the loop's jump handlers outlive nobody
};

}  // namespace belfry::controllers
