// Fields of manifests set from the command line.
#pragma once

#include <string>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/result.h"

namespace belfry::cli {

// The CronJob with fields of its spec as `settings` (`concurrencyPolicy=Forbid`,
// `jobTemplate.spec.backoffLimit=0`) say. Values are read as JSON where they are JSON, else as text; an empty
// value takes the field away. Errors: kInvalid `--set FIELD=VALUE: …`, also for what the field may not be.
Result<api::Ptr<api::CronJob>> WithFields(const api::Ptr<api::CronJob>& cronjob,
                                          const std::vector<std::string>& settings);

}  // namespace belfry::cli
