// The Job of one slot.
#pragma once

#include <string>

#include "agent/api/cronjob.h"
#include "agent/cron/schedule.h"
#include "agent/cron/zone.h"

namespace belfry::controllers {

// `<cronjob>-<slot in minutes since 1970>`: the same slot has the same name, in every life of the agent. In
// seconds where the schedule has several slots in a minute (`@every 20s`), which upstream runs only the first
// of.
std::string JobNameFor(const std::string& cronjob, const cron::Schedule& schedule, Instant slot);

// The Job of the template, still without a name. Only labels and annotations are taken of the template's
// metadata.
api::Job JobOfTemplate(const api::CronJob& cronjob);

// The Job of a slot as it is to be created.
api::Job JobFor(const api::CronJob& cronjob, const cron::Schedule& schedule, Instant slot,
                const cron::Zone& zone);

}  // namespace belfry::controllers
