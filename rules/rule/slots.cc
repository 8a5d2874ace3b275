#include "rules/rule/slots.h"

#include <algorithm>
#include <cstdint>

namespace belfry::rule {
namespace {

// FNV-1a. The byte between file and name is in neither: "a" + "bc" is not "ab" + "c".
uint64_t HashOf(std::string_view file, std::string_view group) {
  uint64_t hash = 14695981039346656037u;
  const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u; };
  std::for_each(file.begin(), file.end(), add);
  add('\xff');
  std::for_each(group.begin(), group.end(), add);
  // The low bits of FNV follow the last byte closely: `g1`, `g2`, … would be neighbours.
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  return hash ^ (hash >> 33);
}

}  // namespace

Duration PhaseOf(std::string_view file, std::string_view group, Duration interval) {
  const auto steps = std::chrono::duration_cast<milliseconds>(interval).count();
  if (steps <= 1) return Duration(0);
  return milliseconds(static_cast<int64_t>(HashOf(file, group) % static_cast<uint64_t>(steps)));
}

Instant NextSlot(Instant now, Duration interval, Duration phase) {
  const Duration since = now.time_since_epoch() - phase;
  auto count = since / interval;
  if (since % interval < Duration(0)) --count;  // before 1970
  return Instant((count + 1) * interval + phase);
}

}  // namespace belfry::rule
