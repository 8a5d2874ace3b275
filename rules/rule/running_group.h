// A group with its timer, as the engine keeps it.
#pragma once

#include "rules/rule/engine.h"

namespace belfry::rule {

struct RuleEngine::Running {
  Running(EventLoop& loop, Group g, Duration every, Duration after)
      : group(std::move(g)), interval(every), phase(after), timer(loop) {}

  Group group;
  Duration interval;
  Duration phase;
  Timer timer;
  Instant next_slot;
  Duration evaluation_time{0};
  Duration restore_time{0};
  std::optional<Instant> last_evaluation;
  GroupCounters counters;
};

}  // namespace belfry::rule
