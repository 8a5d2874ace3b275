#include "exporters/kube/schedule.h"

#include "agent/cron/expression.h"

namespace belfry::kube {

NextSchedule ZonedSchedules::Next(const api::CronJobSpec& spec, Instant after) {
  const auto schedule = cron::Parse(spec.schedule);
  if (!schedule.ok()) return {};
  const auto& zone = zones_.Get(spec.time_zone.value_or(""));
  if (!zone.ok()) return {};
  return {true, cron::Next(*schedule, *zone, after)};
}

}  // namespace belfry::kube
