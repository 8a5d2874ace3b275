// Door: what time it is.
#pragma once

#include "agent/base/time.h"

namespace belfry {

class Clock {
 public:
  virtual ~Clock() = default;
  // Civil time; may jump when somebody sets the host's clock.
  virtual Instant Now() const = 0;
  // Time since an arbitrary start; never goes back. For measuring.
  virtual Duration Monotonic() const = 0;
};

// The host's clocks. Thread: any.
class SystemClock : public Clock {
 public:
  Instant Now() const override;
  Duration Monotonic() const override;
};

}  // namespace belfry
