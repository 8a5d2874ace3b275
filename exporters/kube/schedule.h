// The next instant of a CronJob's schedule, by the parser that the controller uses.
#pragma once

#include <functional>
#include <optional>

#include "agent/api/cronjob.h"
#include "agent/cron/zone_cache.h"

namespace belfry::kube {

struct NextSchedule {
  bool valid = false;           // schedule and zone can be read
  std::optional<Instant> next;  // nothing if the schedule has ended

  bool operator==(const NextSchedule&) const = default;
};

// When `spec` is due after `after`.
using ScheduleReader = std::function<NextSchedule(const api::CronJobSpec& spec, Instant after)>;

// Keeps the zones it has read, until told to look for newer ones. Thread: one.
class ZonedSchedules {
 public:
  explicit ZonedSchedules(cron::ZoneDatabase database = cron::ZoneDatabase()) : zones_(std::move(database)) {}

  NextSchedule Next(const api::CronJobSpec& spec, Instant after);
  // The time between the next two slots, for staleness rules that fit the schedule.
  std::optional<Duration> Interval(const api::CronJobSpec& spec, Instant after);
  ScheduleReader Reader() {
    return [this](const api::CronJobSpec& spec, Instant after) { return Next(spec, after); };
  }
  // Files of the tz database were replaced.
  void Refresh() { (void)zones_.Refresh(); }

 private:
  cron::ZoneCache zones_;
};

}  // namespace belfry::kube
