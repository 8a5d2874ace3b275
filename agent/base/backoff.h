// Delays that grow: first, first·2, first·4 … up to a cap.
#pragma once

#include <algorithm>
#include <cstdint>

#include "agent/base/time.h"

namespace belfry {

// The delay before try number `attempt` after the first (1, 2, …): `first`·2^(attempt−1), at most `cap`; 0
// for attempt ≤ 0.
constexpr Duration ExponentialDelay(Duration first, Duration cap, int64_t attempt) {
  if (attempt <= 0) return Duration(0);
  Duration delay = first;
  for (int64_t i = 1; i < attempt && delay < cap; ++i) delay *= 2;
  return std::min(delay, cap);
}

}  // namespace belfry
