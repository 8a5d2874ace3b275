#include "exporters/kube/schedule.h"

#include "agent/cron/expression.h"

namespace belfry::kube {

NextSchedule ZonedSchedules::Next(const api::CronJobSpec& spec, Instant after) {
  const auto schedule = cron::Parse(spec.schedule);
  if (!schedule.ok()) return {};
  const cron::Zone* zone = Find(spec.time_zone.value_or(""));
  if (zone == nullptr) return {};
  return {true, cron::Next(*schedule, *zone, after)};
}

const cron::Zone* ZonedSchedules::Find(const std::string& name) {
  const auto [at, added] = zones_.try_emplace(name);
  if (added) {
    auto zone = name.empty() ? cron::LoadLocalZone() : cron::LoadZone(name);
    if (zone.ok()) at->second = *std::move(zone);
  }
  return at->second ? &*at->second : nullptr;
}

}  // namespace belfry::kube
