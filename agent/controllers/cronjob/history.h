// Which finished Jobs of a CronJob are too many.
// Source: cleanupFinishedJobs of Kubernetes' CronJob controller (1.32).
#pragma once

#include <vector>

#include "agent/api/cronjob.h"
#include "agent/api/object.h"

namespace belfry::controllers {

// The Jobs to delete, in order: successful ones before failed ones, the oldest first. Nothing is deleted only
// if both limits are absent; one absent limit keeps all of its kind. Jobs that are going already count for
// nothing.
std::vector<api::Ptr<api::Job>> JobsBeyondHistory(const api::CronJobSpec& spec,
                                                  const std::vector<api::Ptr<api::Job>>& jobs);

}  // namespace belfry::controllers
