// What the rules of a scenario ask for, from their expressions alone.
#pragma once

#include <vector>

#include "rules/rule/group_spec.h"

namespace belfry::simulation {

struct RuleShape {
  // Numbers that only grow are read (cronjob_*, belfry_*), or names that are not known before.
  bool needs_counters = false;
  // If everything happened later by the same time, so would the alerts, and nothing else would change: times
  // are only compared with times, and no calendar, history or random name comes in.
  bool moves_with_time = true;
  // A second evaluation in one instant gives what the first gave: no rule reads what it, a later one or
  // another group writes.
  bool reads_only_forward = true;
};

RuleShape ShapeOf(const std::vector<rule::GroupSpec>& groups);

}  // namespace belfry::simulation
