// When a group runs: at multiples of its interval plus its phase.
// Source: Prometheus' rule groups (EvalTimestamp); its hash is another one.
#pragma once

#include <string_view>

#include "agent/base/time.h"

namespace belfry::rule {

enum class Slots {
  kSpread,  // the phase comes from file and name: groups of one interval do not run at once
  kInStep,  // the phase is 0: when a group runs does not depend on what its file is called
};

// Where in its interval a group runs: the same after every restart and reload. Units: whole milliseconds, the
// time of a sample. Requires: interval > 0.
Duration PhaseOf(std::string_view file, std::string_view group, Duration interval);

// The first slot after `now`. Requires: 0 ≤ phase < interval.
Instant NextSlot(Instant now, Duration interval, Duration phase);

}  // namespace belfry::rule
