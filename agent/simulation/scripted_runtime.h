// A runtime in which containers take the time and have the end that a script says; nothing is executed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/runtime/runtime.h"
#include "agent/simulation/outcome.h"

namespace belfry::simulation {

// Keeps nothing of a container that has ended and is forgotten, so that a year of runs fits in memory.
// SIGTERM ends a container at once with 143. Thread: the loop's.
class ScriptedRuntime : public runtime::Runtime {
 public:
  using Scripts = std::function<Outcome(const runtime::ContainerStart&)>;

  // Requires: the loop outlives it.
  ScriptedRuntime(EventLoop& loop, Scripts scripts);
  ~ScriptedRuntime() override;

  void OnEvent(std::function<void(const runtime::RuntimeEvent&)> handler) override;
  void Connect() override;
  void Start(const runtime::ContainerStart& start) override;
  void Signal(const runtime::ContainerId& id, int signal) override;
  void Kill(const runtime::ContainerId& id) override;
  void Forget(const runtime::ContainerId& id) override;
  void RemovePod(const std::string&, const std::string&, const std::string&) override {}

  // When the containers that run will end, soonest first; those that never will are left out.
  std::vector<Instant> Ends() const;

 private:
  struct Process {
    Instant started_at;
    Instant ends_at;
    TimerId timer = TimerId::kNone;
    bool exited = false;
  };

  void Report(runtime::RuntimeEvent event);
  void End(const runtime::ContainerId& id, int32_t exit_code, int signal);
  void Stop(const runtime::ContainerId& id, int signal);

  EventLoop& loop_;
  Scripts scripts_;
  std::function<void(const runtime::RuntimeEvent&)> handler_;
  std::map<runtime::ContainerId, Process> processes_;
  uint64_t starts_ = 0;
  std::shared_ptr<bool> alive_;  // posted events outlive nobody
};

}  // namespace belfry::simulation
