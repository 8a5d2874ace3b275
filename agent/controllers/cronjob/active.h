// A CronJob's status against the Jobs that there are.
// Source: the first half of syncCronJob of Kubernetes' CronJob controller (1.32).
#pragma once

#include <string>
#include <vector>

#include "agent/api/cronjob.h"
#include "agent/api/object.h"
#include "agent/controllers/controller.h"

namespace belfry::controllers {

// Takes finished and missing Jobs out of status.active, moves lastSuccessfulTime on (never back), and adds
// what the owner should know to `notes`. Jobs of the CronJob that are not in status.active are reported, not
// adopted.
void UpdateActive(const std::vector<api::Ptr<api::Job>>& jobs, api::CronJobStatus& status,
                  std::vector<EventNote>& notes);

bool IsActive(const api::CronJobStatus& status, const std::string& uid);

}  // namespace belfry::controllers
