// `belfry simulate` without the command line: the production controllers, exporters and rule engine on
// virtual time, with a runtime that executes nothing.
#pragma once

#include "agent/simulation/event.h"
#include "agent/simulation/scenario.h"
#include "agent/simulation/summary.h"

namespace belfry::simulation {

// More than this ends the simulation: a scenario that fails and retries without end.
inline constexpr uint64_t kMaxEvents = 50'000'000;

// Runs `scenario` and hands each event to `sink` in order of time; nothing of the past is kept but sums. The
// same scenario gives the same events, on every host. Errors: those of Check; kInvalid for rules that do not
// compile; kTooLarge beyond kMaxEvents.
Result<Summary> Simulate(const Scenario& scenario, const EventSink& sink);

}  // namespace belfry::simulation
