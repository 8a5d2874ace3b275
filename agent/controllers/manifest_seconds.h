// Seconds of a manifest as a duration.
#pragma once

#include <algorithm>
#include <cstdint>

#include "agent/base/time.h"

namespace belfry::controllers {

// Beyond what can be added to an instant: a hundred years, which is never. Below nothing: nothing.
inline Duration ManifestSeconds(int64_t count) {
  constexpr int64_t kLongest = int64_t{100} * 365 * 24 * 3600;
  return seconds(std::clamp<int64_t>(count, 0, kLongest));
}

}  // namespace belfry::controllers
