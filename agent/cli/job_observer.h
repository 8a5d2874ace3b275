// Lets the Job controller count in the agent's own metrics.
#pragma once

#include "agent/controllers/job/observer.h"
#include "exporters/self/job_metrics.h"

namespace belfry::cli {

// Requires: `metrics` outlives the observer.
controllers::JobObserver ObserveJobs(self::JobMetrics& metrics);

}  // namespace belfry::cli
