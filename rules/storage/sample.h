// Samples: a number at a millisecond, as Prometheus stores them.
#pragma once

#include <bit>
#include <cstdint>

#include "agent/base/time.h"

namespace belfry::storage {

struct Sample {
  int64_t time_ms = 0;
  double value = 0;

  bool operator==(const Sample&) const = default;
};

// The NaN that ends a series: a look-back that meets it finds nothing.
inline constexpr uint64_t kStaleBits = 0x7ff0000000000002;
inline double StaleMarker() { return std::bit_cast<double>(kStaleBits); }
inline bool IsStale(double value) { return std::bit_cast<uint64_t>(value) == kStaleBits; }

inline int64_t ToMillis(Instant t) {
  return std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
inline int64_t ToMillis(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
inline Instant FromMillis(int64_t ms) { return Instant(std::chrono::milliseconds(ms)); }

}  // namespace belfry::storage
