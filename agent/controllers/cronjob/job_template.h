// The Job of one slot.
#pragma once

#include <string>

#include "agent/api/cronjob.h"
#include "agent/cron/zone.h"

namespace belfry::controllers {

// `<cronjob>-<slot in minutes since 1970>`: the same slot has the same name, in every life of the agent.
std::string JobNameFor(const std::string& cronjob, Instant slot);

// The Job as it is to be created. Only labels and annotations are taken of the template's metadata.
api::Job JobFor(const api::CronJob& cronjob, Instant slot, const cron::Zone& zone);

}  // namespace belfry::controllers
