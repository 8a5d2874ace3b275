#include "exporters/cronjob/tally.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace belfry::cronjob {

std::span<const double> ShortBounds() {
  static constexpr double kBounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  return kBounds;
}

std::span<const double> LongBounds() {
  static constexpr double kBounds[] = {0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 3600, 10800, 43200, 86400};
  return kBounds;
}

void Buckets::Observe(double value, std::span<const double> bounds) {
  if (std::isnan(value)) return;
  value = std::max(value, 0.0);
  counts.resize(bounds.size() + 1);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
  ++counts[static_cast<size_t>(bucket)];
  sum += value;
}

uint64_t Buckets::count() const { return std::accumulate(counts.begin(), counts.end(), uint64_t{0}); }

std::string_view MissedReasonName(MissedReason reason) {
  switch (reason) {
    case MissedReason::kDeadline:
      return "deadline";
    case MissedReason::kConcurrency:
      return "concurrency";
    case MissedReason::kSuspended:
      return "suspended";
    case MissedReason::kAgentDown:
      return "agent_down";
    case MissedReason::kClock:
      return "clock";
  }
  return "";
}

std::optional<MissedReason> MissedReasonFromName(std::string_view name) {
  for (size_t i = 0; i < kMissedReasons; ++i) {
    const auto reason = static_cast<MissedReason>(i);
    if (MissedReasonName(reason) == name) return reason;
  }
  return std::nullopt;
}

void Tally::Count(LastRun run) {
  ++(run.succeeded ? succeeded : failed);
  if (run.duration) {
    duration.Observe(*run.duration, ShortBounds());
    run_duration.Observe(*run.duration, LongBounds());
  }
  if (last && run.finished < last->finished) return;
  consecutive_failures = run.succeeded ? 0 : consecutive_failures + 1;
  last = std::move(run);
}

}  // namespace belfry::cronjob
