#include "agent/base/clock.h"

namespace belfry {

Instant SystemClock::Now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Duration SystemClock::Monotonic() const { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace belfry
