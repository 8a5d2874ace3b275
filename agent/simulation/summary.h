// What a simulation comes to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"

namespace belfry::simulation {

struct CronJobSummary {
  std::string ns;
  std::string name;
  std::string schedule;
  std::string time_zone;
  std::string concurrency_policy;
  uint64_t runs = 0;
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  uint64_t replaced = 0;
  uint64_t late = 0;                       // of the runs: started after their slot
  uint64_t skipped = 0;                    // slots lost to Forbid
  std::map<std::string, uint64_t> missed;  // slots lost otherwise, by reason
  Duration longest_overlap{0};             // the longest time that several runs went on at once
  size_t most_at_once = 0;
  size_t running_at_end = 0;
  std::vector<std::string> clock_changes;  // "does not run on 2026-03-29: …"

  uint64_t MissedInAll() const;
};

struct JobSummary {
  std::string ns;
  std::string name;
  std::string result;  // Complete, Failed, Unfinished
  std::string reason;
};

struct AlertSummary {
  std::string name;
  std::string severity;  // the label of that name, of the first that fired
  uint64_t pending = 0;  // times it became pending
  uint64_t fired = 0;
  Duration firing_time{0};  // summed over its label sets
  uint64_t firing_at_end = 0;
};

struct Summary {
  std::vector<CronJobSummary> cronjobs;  // by namespace and name
  std::vector<JobSummary> jobs;          // those without a CronJob, by namespace and name
  std::vector<AlertSummary> alerts;      // by name; those that never did anything are left out
  std::vector<std::string> rule_errors;  // `group/rule: why`, of rules that could not be evaluated
  uint64_t events = 0;
  Duration told_again{0};  // how much of the span was not lived through, because it goes in a circle
};

}  // namespace belfry::simulation
