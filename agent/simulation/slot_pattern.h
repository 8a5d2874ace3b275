// Whether schedules look the same at another time.
#pragma once

#include <optional>
#include <vector>

#include "agent/cron/schedule.h"
#include "agent/cron/zone.h"
#include "agent/simulation/scenario.h"

namespace belfry::simulation {

// The slots of all CronJobs in one span, to be compared with those of others. Thread: one.
class SlotPattern {
 public:
  explicit SlotPattern(const Scenario& scenario);

  // The span to compare with: [begin, begin + length).
  void Take(Instant begin, Duration length);
  // Whether every CronJob has the slots of the span at the same distances from `begin`, up to and including
  // the first one after the end. Cheapest for spans that follow one another.
  bool Matches(Instant begin);

 private:
  struct Line {
    cron::Schedule schedule;
    cron::Zone zone;
    cron::ClockChange rule = cron::ClockChange::kKubernetes;
    std::vector<std::optional<Duration>> slots;  // from the beginning of the span; the last one is after it
    std::optional<Instant> known_until;          // `upcoming` is the first slot from here on
    std::optional<Instant> upcoming;
  };

  bool LineMatches(Line& line, Instant begin) const;

  std::vector<Line> lines_;
  bool readable_ = true;
  Duration length_{0};
};

}  // namespace belfry::simulation
