// How simulated runs go: how long they take, and with which exit code they end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/meta.h"
#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::simulation {

// On a CronJob, its jobTemplate, a Job or a pod template; the innermost counts.
inline constexpr std::string_view kDurationAnnotation = "belfry.io/simulated-duration";     // "20m", "5m,1h"
inline constexpr std::string_view kExitCodesAnnotation = "belfry.io/simulated-exit-codes";  // "0,0,3"

inline constexpr Duration kForEver = Duration::max();

struct Outcome {
  Duration duration = seconds(60);  // kForEver: until it is stopped
  int32_t exit_code = 0;

  bool operator==(const Outcome&) const = default;
};

// What the starts of pods get, one after the other, from the beginning again after the last. Durations and
// exit codes go round by themselves, so "5m,6m" and "0,0,3" may have different lengths.
struct OutcomeCycle {
  std::vector<Duration> durations;  // empty: that of somebody further out
  std::vector<int32_t> exit_codes;  // the same

  bool operator==(const OutcomeCycle&) const = default;
};

// Reads the two annotations. Errors: kInvalid `annotation belfry.io/simulated-duration: "20x" is not …`.
Result<OutcomeCycle> ReadOutcomes(const api::StringMap& annotations);

// What `history` says of CronJobs, by name or namespace/name.
using History = std::map<std::string, OutcomeCycle>;

inline constexpr uint64_t kMaxHistoryBytes = 64u << 20;

// Reads lines `cronjob,seconds,exit_code`: a first line of these words is skipped, empty lines too.
// Errors: kInvalid, every mistake a line `FILE:LINE:COLUMN: …`, at most 20 of them.
Result<History> ReadHistory(std::string_view file, std::string_view text);

}  // namespace belfry::simulation
