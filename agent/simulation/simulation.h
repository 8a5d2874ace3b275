// `belfry simulate` without the command line: the production controllers, exporters and rule engine on
// virtual time, with a runtime that executes nothing.
#pragma once

#include "agent/simulation/event.h"
#include "agent/simulation/scenario.h"
#include "agent/simulation/summary.h"

namespace belfry::simulation {

// More than this ends the simulation: a scenario that fails and retries without end.
inline constexpr uint64_t kMaxEvents = 50'000'000;

enum class Effort {
  kEveryInstant,  // the controllers live through all of it, the rules look at each change
  kOncePerCycle,  // hours that go in a circle are lived through once, and told as often as they come
};

// Runs `scenario` and hands each event to `sink` in order of time; nothing of the past is kept but sums. The
// same scenario gives the same events, on every host and with either effort. Errors: those of Check; kInvalid
// for rules that do not compile; kTooLarge beyond kMaxEvents.
Result<Summary> Simulate(const Scenario& scenario, const EventSink& sink,
                         Effort effort = Effort::kOncePerCycle);

}  // namespace belfry::simulation
