// What is to be simulated.
#pragma once

#include <vector>

#include "agent/api/object.h"
#include "agent/simulation/outcome.h"
#include "rules/rule/group_spec.h"

namespace belfry::simulation {

inline constexpr int64_t kMaxRuns = 5'000'000;
inline constexpr Duration kLongestSpan = hours(24) * (366 * 10);

struct Scenario {
  std::vector<api::Object> objects;  // with defaults, valid; PrometheusRules are not looked at
  std::vector<rule::GroupSpec> rules;
  Instant from;
  Instant to;                           // not included
  History history;                      // of runs, by CronJob
  Outcome fallback;                     // of runs that nothing is said about
  std::string time_zone = "UTC";        // of CronJobs that name none
  Duration rule_interval = minutes(1);  // of groups that name none
};

// Whether it can be simulated at all. Errors: kInvalid, what is wrong on which object; kTooLarge with the
// numbers.
Result<void> Check(const Scenario& scenario);

}  // namespace belfry::simulation
