// Which slot of a schedule is due now, and how many were passed over.
// Source: mostRecentScheduleTime of Kubernetes' CronJob controller (1.32). Upstream estimates from the
// distance of two slots and can find nothing on clustered schedules; here the newest slot is searched
// backwards from now. docs/cron.md has the differences.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/base/result.h"
#include "agent/cron/schedule.h"

namespace belfry::cron {

// More due slots than this and Kubernetes warns that there are too many.
inline constexpr int64_t kManyMissed = 100;

// What is asked: slots in (base, now], and not older than the deadline.
struct DueQuestion {
  Instant base;  // the newest slot that was started, else the object's creation
  Instant now;
  std::optional<Duration> deadline = std::nullopt;  // a slot is lost once it is `deadline` old
  ClockChange rule = ClockChange::kKubernetes;
};

struct DueAnswer {
  std::optional<Instant> due;      // the newest slot that may be started
  int64_t open = 0;                // slots from base, or the deadline's reach, to now, `due` included
  std::optional<Instant> expired;  // the newest slot after base that the deadline has cut off
  std::optional<Instant> next;     // the first slot after both now and base

  bool many() const { return open > kManyMissed; }
  bool operator==(const DueAnswer&) const = default;
};

// Errors: kInvalid if the schedule has no slot after `base` at all.
Result<DueAnswer> FindDue(const Schedule& schedule, const Zone& zone, const DueQuestion& question);

// How many slots in (low, high], counted from `base` for intervals. Requires: base ≤ low.
int64_t CountSlots(const Schedule& schedule, const Zone& zone, Instant base, Instant low, Instant high,
                   ClockChange rule = ClockChange::kKubernetes);

}  // namespace belfry::cron
