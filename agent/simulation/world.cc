#include "agent/simulation/world.h"

#include <algorithm>

namespace belfry::simulation {

World::World(const Scenario& scenario, const RuleShape& shape, EventSink sink)
    : scenario_(scenario),
      core_(scenario.from),
      telemetry_(scenario.from),
      timeline_(core_, sink),
      monitor_(telemetry_, scenario, shape, sink),
      cluster_(core_, scenario, [this](const api::CronJob& cronjob, const controllers::SlotRecord& record) {
        timeline_.OnSlot(cronjob, record);
        monitor_.OnSlot(cronjob, record);
      }) {}

Result<void> World::Start() {
  cluster_.store().Watch([this](std::span<const store::Change> changes) {
    timeline_.OnChanges(changes);
    monitor_.Apply(changes);
  });
  RETURN_IF_ERROR(cluster_.Create(scenario_));
  cluster_.Start();
  core_.RunUntilIdle();
  RETURN_IF_ERROR(monitor_.Start(scenario_));
  monitor_.Settle();
  return {};
}

void World::RunUntil(Instant end) {
  while (true) {
    const Instant at = std::min(core_.NextDeadline(end), telemetry_.NextDeadline(end));
    if (at >= end) return;
    core_.AdvanceTo(at);
    telemetry_.AdvanceTo(at);
    monitor_.Settle();
  }
}

std::string World::StateText(Instant base) { return monitor_.StateText(base) + cluster_.StateText(base); }

}  // namespace belfry::simulation
