// What single objects say about runs. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "agent/api/job.h"
#include "agent/api/pod.h"

namespace belfry::cronjob {

struct JobEnd {
  bool succeeded = false;
  Instant at;
};
// How and when the Job ended; nothing while it runs.
std::optional<JobEnd> EndOf(const api::Job& job);

// The scheduled instant that a CronJob's Job was created for; nothing for one started by hand.
std::optional<Instant> ScheduledInstant(const api::Job& job);

// When the pod's first process started.
std::optional<Instant> FirstStart(const api::Pod& pod);

struct PodExit {
  int32_t code = 0;
  Instant at;
};
// The exit code of a pod whose containers have all ended: that of the first one that failed, else 0.
std::optional<PodExit> ExitOf(const api::Pod& pod);

}  // namespace belfry::cronjob
