// The next instant of a CronJob's schedule, by the parser that the controller uses.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agent/api/cronjob.h"
#include "agent/cron/zone.h"

namespace belfry::kube {

struct NextSchedule {
  bool valid = false;           // schedule and zone can be read
  std::optional<Instant> next;  // nothing if the schedule has ended

  bool operator==(const NextSchedule&) const = default;
};

// When `spec` is due after `after`.
using ScheduleReader = std::function<NextSchedule(const api::CronJobSpec& spec, Instant after)>;

// Keeps the zones it has read. Thread: one.
class ZonedSchedules {
 public:
  NextSchedule Next(const api::CronJobSpec& spec, Instant after);
  ScheduleReader Reader() {
    return [this](const api::CronJobSpec& spec, Instant after) { return Next(spec, after); };
  }

 private:
  const cron::Zone* Find(const std::string& name);

  std::map<std::string, std::optional<cron::Zone>> zones_;  // by name; empty: the host's
};

}  // namespace belfry::kube
