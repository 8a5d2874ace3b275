// The state that outlives the agent: tallies, and what has been counted into them. Its text form is
// docs/formats/cronjob-counters.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/result.h"
#include "exporters/cronjob/tally.h"

namespace belfry::cronjob {

using CronJobName = std::pair<std::string, std::string>;  // namespace, name

// What of a Job has been counted already.
struct Counted {
  bool finish = false;
  bool delay = false;

  bool operator==(const Counted&) const = default;
};

struct Counters {
  std::map<CronJobName, Tally> tallies;
  std::map<std::string, Counted> jobs;  // by uid

  bool operator==(const Counters&) const = default;
};

std::string EncodeCounters(const Counters& counters);
// Errors: kInvalid with the line, kUnsupported for a newer version.
Result<Counters> DecodeCounters(std::string_view text);

}  // namespace belfry::cronjob
