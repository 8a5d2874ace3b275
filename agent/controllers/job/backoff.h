// When a Job may replace failed pods.
#pragma once

#include <optional>
#include <vector>

#include "agent/api/job.h"

namespace belfry::controllers {

inline constexpr Duration kFirstBackoff = seconds(10);
inline constexpr Duration kLongestBackoff = seconds(600);

// Takes in pods that ended, by their finish times. A success wipes the failures that are not younger than it.
// Failures that a policy ignores are to be given as well: they lengthen the delay.
api::JobBackoff UpdateBackoff(api::JobBackoff record, const std::vector<Instant>& failures,
                              const std::optional<Instant>& newest_success);

// No pod is created before this. Delay: 10 s·2^(n−1), at most 600 s, from the newest failure.
std::optional<Instant> NextCreation(const api::JobBackoff& record);

// The same for one index of a Job with backoffLimitPerIndex, whose newest pod was `failed`.
Instant NextCreationOfIndex(const api::Pod& failed);

}  // namespace belfry::controllers
