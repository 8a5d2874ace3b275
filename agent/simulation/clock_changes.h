// What changes of the clock do to a schedule, in words.
#pragma once

#include <string>
#include <vector>

#include "agent/cron/schedule.h"
#include "agent/cron/zone.h"

namespace belfry::simulation {

// For each change of the zone's offset in [from, to) that a schedule with fixed hours notices, what its owner
// may not expect: "does not run on 2026-03-29: 02:30 is skipped in Europe/Berlin". Schedules that name every
// hour just go on and are left out.
std::vector<std::string> ClockChangeNotes(const cron::Schedule& schedule, const cron::Zone& zone,
                                          cron::ClockChange rule, Instant from, Instant to);

}  // namespace belfry::simulation
