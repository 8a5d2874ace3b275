// A simulated agent as a whole, which can be run up to an instant and compared with itself.
#pragma once

#include <string>

#include "agent/simulation/cluster.h"
#include "agent/simulation/event.h"
#include "agent/simulation/monitor.h"
#include "agent/simulation/timeline.h"

namespace belfry::simulation {

// Thread: one. Requires: the scenario outlives it.
class World {
 public:
  World(const Scenario& scenario, const RuleShape& shape, EventSink sink);

  // Creates the scenario's objects. To be called once, first. Errors: kInvalid for rules that do not compile.
  Result<void> Start();
  // Lets everything happen that is due before `end`.
  void RunUntil(Instant end);
  // Everything that the future depends on, relative to `base`, up to which it has been run.
  std::string StateText(Instant base);

  ScriptBook& scripts() { return cluster_.scripts(); }
  std::vector<std::string> RuleErrors() { return monitor_.RuleErrors(); }

 private:
  const Scenario& scenario_;
  // Two loops as in the agent, so that rules see an instant only once the controllers are done with it.
  FakeEventLoop core_;
  FakeEventLoop telemetry_;
  Timeline timeline_;
  Monitor monitor_;
  Cluster cluster_;
};

}  // namespace belfry::simulation
