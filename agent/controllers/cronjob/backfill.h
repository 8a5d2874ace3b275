// Jobs for slots of the past, made on request: which slots, and when a Job may begin.
#pragma once

#include <string_view>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/result.h"
#include "agent/cron/zone.h"
#include "agent/store/store.h"

namespace belfry::controllers {

inline constexpr size_t kMostBackfillSlots = 10'000;

bool IsBackfill(const api::Job& job);

// The Jobs of the slots in [from, to], oldest first, as the CronJob's rules name them. Errors: kInvalid if
// the schedule cannot be read; kTooLarge for more than kMostBackfillSlots.
Result<std::vector<api::Job>> BackfillJobs(const api::CronJob& cronjob, const cron::Zone& zone, Instant from,
                                           Instant to);

// A Job of the template under a name of its own, run at once and outside the schedule.
api::Job ManualJob(const api::CronJob& cronjob, std::string name);

// Whether the object may be created now. A past slot's Job may not while another Job of a CronJob runs that
// allows only one (Forbid, Replace). Errors: kFailedPrecondition.
Result<void> AdmitBackfill(const store::Store& store, const api::Object& object);

}  // namespace belfry::controllers
