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

std::optional<Duration> ZonedSchedules::Interval(const api::CronJobSpec& spec, Instant after) {
  const auto first = Next(spec, after).next;
  if (!first) return std::nullopt;
  const auto second = Next(spec, *first).next;
  return second ? std::optional(*second - *first) : std::nullopt;
}

}  // namespace belfry::kube
