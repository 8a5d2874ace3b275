// What is counted for one CronJob, as values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.h"

namespace belfry::cronjob {

// Upper bounds of buckets; one more, +Inf, follows.
std::span<const double> ShortBounds();  // 1, 2, 4, … 512 s
std::span<const double> LongBounds();   // 0.1 s … one day

struct Buckets {
  std::vector<uint64_t>
      counts;  // not cumulative; the last one is above all bounds; empty until the first observation
  double sum = 0;

  // An observation that is no number is left out, a negative one counts as 0.
  void Observe(double value, std::span<const double> bounds);
  uint64_t count() const;

  bool operator==(const Buckets&) const = default;
};

// Why a scheduled instant has no run; the words are those of the CronJob controller.
enum class MissedReason { kDeadline, kConcurrency, kSuspended, kAgentDown, kClock };
inline constexpr size_t kMissedReasons = 5;
std::string_view MissedReasonName(MissedReason reason);  // "agent_down"
std::optional<MissedReason> MissedReasonFromName(std::string_view name);

struct LastRun {
  bool succeeded = false;
  Instant finished;
  std::optional<double> duration;  // Units: seconds; unknown for a Job that never started
  std::optional<int32_t> exit_code;
  std::string job_uid;

  bool operator==(const LastRun&) const = default;
};

struct Tally {
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  uint64_t consecutive_failures = 0;
  std::array<uint64_t, kMissedReasons> missed{};
  Buckets duration;      // ShortBounds
  Buckets delay;         // ShortBounds
  Buckets run_duration;  // LongBounds
  std::optional<LastRun> last;

  // Counts one finished run. An older run than the last one leaves the last run's facts as they are.
  void Count(LastRun run);

  bool operator==(const Tally&) const = default;
};

}  // namespace belfry::cronjob
