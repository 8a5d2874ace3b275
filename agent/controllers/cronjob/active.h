// A CronJob's status against the Jobs that there are.
// Source: the first half of syncCronJob of Kubernetes' CronJob controller (1.32).
#pragma once

#include <optional>
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

// When the last of the Jobs in status.active ended: Instant::max() while one runs, `now` for one that is
// gone, as that is noticed at once. Nothing if there are none.
std::optional<Instant> BusyUntil(const std::vector<api::Ptr<api::Job>>& jobs,
                                 const api::CronJobStatus& status, Instant now);

bool IsActive(const api::CronJobStatus& status, const std::string& uid);

}  // namespace belfry::controllers
