#include "agent/simulation/simulation.h"

#include <fmt/core.h>

#include "agent/controllers/cronjob/options.h"
#include "agent/cron/expression.h"
#include "agent/simulation/clock_changes.h"
#include "agent/simulation/cluster.h"
#include "agent/simulation/monitor.h"
#include "agent/simulation/timeline.h"

namespace belfry::simulation {
namespace {

// Two loops as in the agent, so that rules see an instant only once the controllers are done with it.
class Simulation {
 public:
  Simulation(const Scenario& scenario, const EventSink& sink)
      : scenario_(scenario),
        sink_(sink),
        core_(scenario.from),
        telemetry_(scenario.from),
        timeline_(core_, [this](const Event& event) { Tell(event); }),
        monitor_(telemetry_, scenario, [this](const Event& event) { Tell(event); }),
        cluster_(core_, scenario, [this](const api::CronJob& cronjob, const controllers::SlotRecord& record) {
          timeline_.OnSlot(cronjob, record);
          monitor_.OnSlot(cronjob, record);
        }) {}

  Result<Summary> Run() {
    cluster_.store().Watch([this](std::span<const store::Change> changes) {
      timeline_.OnChanges(changes);
      monitor_.Apply(changes);
    });
    RETURN_IF_ERROR(cluster_.Create(scenario_));
    cluster_.Start();
    core_.RunUntilIdle();
    RETURN_IF_ERROR(monitor_.Start(scenario_));
    monitor_.Settle();
    for (Instant at = NextDeadline(); at < scenario_.to; at = NextDeadline()) {
      core_.AdvanceTo(at);
      telemetry_.AdvanceTo(at);
      monitor_.Settle();
      if (events_ > kMaxEvents) return TooManyEvents(at);
    }
    return Finish();
  }

 private:
  Instant NextDeadline() const {
    return std::min(core_.NextDeadline(scenario_.to), telemetry_.NextDeadline(scenario_.to));
  }

  void Tell(const Event& event) {
    ++events_;
    sink_(event);
  }

  Error TooManyEvents(Instant at) const {
    return {Code::kTooLarge, fmt::format("more than {} events by {}; shorten the span or leave objects out",
                                         kMaxEvents, FormatRfc3339Seconds(at))};
  }

  Summary Finish() {
    Summary summary;
    timeline_.Finish(scenario_.to, summary);
    monitor_.Finish(scenario_.to, summary);
    summary.events = events_;
    summary.pods_started = cluster_.pods_started();
    for (CronJobSummary& sums : summary.cronjobs) NoteClockChanges(sums);
    return summary;
  }

  void NoteClockChanges(CronJobSummary& sums) {
    const auto cronjob = cluster_.store().Get<api::CronJob>(sums.ns, sums.name);
    if (cronjob == nullptr) return;
    const auto schedule = cron::Parse(cronjob->spec.schedule, cron::Profile::kSpark);
    const auto zone = cron::LoadZone(controllers::ZoneNameOf(cronjob->spec));
    if (!schedule.ok() || !zone.ok()) return;
    std::vector<controllers::EventNote> ignored;
    const auto options = controllers::ReadOptions(cronjob->metadata, ignored);
    sums.clock_changes =
        ClockChangeNotes(*schedule, *zone, options.clock_change, scenario_.from, scenario_.to);
  }

  const Scenario& scenario_;
  const EventSink& sink_;
  FakeEventLoop core_;
  FakeEventLoop telemetry_;
  Timeline timeline_;
  Monitor monitor_;
  Cluster cluster_;
  uint64_t events_ = 0;
};

}  // namespace

Result<Summary> Simulate(const Scenario& scenario, const EventSink& sink) {
  RETURN_IF_ERROR(Check(scenario));
  return Simulation(scenario, sink).Run();
}

}  // namespace belfry::simulation
