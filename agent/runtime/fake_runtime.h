// A runtime that records what it is told and runs scripts instead of processes; for tests and for `belfry
// simulate`.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/runtime/runtime.h"

namespace belfry::runtime {

// What a scripted container does: runs for `duration` (negative: for ever), then exits with `exit_code`.
// SIGTERM ends it after `term_delay` with `term_exit_code`, or never if either is negative.
struct Script {
  Duration duration{0};
  int32_t exit_code = 0;
  Duration term_delay{0};
  int32_t term_exit_code = 143;
  std::string start_error = {};  // non-empty: it cannot be started, and why
};

// Outlives agents in tests: Connect by a new agent reports what still runs. Thread: the loop's.
class FakeRuntime : public Runtime {
 public:
  // Asks for the script of each container that starts.
  using Scripts = std::function<Script(const ContainerStart&)>;

  FakeRuntime(EventLoop& loop, Scripts scripts);
  ~FakeRuntime() override;

  void OnEvent(std::function<void(const RuntimeEvent&)> handler) override;
  void Connect() override;
  void Start(const ContainerStart& start) override;
  void Signal(const ContainerId& id, int signal) override;
  void Kill(const ContainerId& id) override;
  void Forget(const ContainerId& id) override;
  void RemovePod(const std::string& ns, const std::string& pod, const std::string& pod_uid) override;

  // The agent was killed: nobody listens, processes run on. Their timers must be armed anew after
  // FakeEventLoop::Drop.
  void Disconnect();
  void Rearm();
  // The supervisor and its journal are gone: nothing runs, and nothing is known of what did.
  // Requires: disconnected.
  void LoseEverything();
  // The host restarted: nothing runs, and the supervisor's journal, of another boot, knows what did: nobody
  // saw how it ended. Requires: disconnected.
  void Reboot();

  struct Process {
    ContainerStart start;
    Script script;
    Instant started_at;
    std::optional<Instant> ends_at;
    std::string start_error;
    int signal_to_report = 0;
    int32_t exit_code = 0;
    bool exited = false;
    bool unknown = false;     // its end was seen by nobody
    bool terminated = false;  // has got SIGTERM
  };
  const std::map<ContainerId, Process>& processes() const { return processes_; }
  // Every start ever, in order; a container id twice in here would be a process run twice.
  const std::deque<ContainerStart>& starts() const { return starts_; }
  // How often a start was asked for; repeated for one id it is none.
  size_t start_requests() const { return start_requests_; }
  size_t running() const { return running_; }
  // Every SIGTERM that reached a process, in order.
  const std::vector<ContainerId>& terminated() const { return terminated_; }
  // Pods whose files were removed, by uid, in order.
  const std::vector<std::string>& removed_pods() const { return removed_pods_; }

 private:
  void Report(const RuntimeEvent& event);
  void ReportState(const Process& process);
  void EndAt(Process& process, Instant when, int32_t exit_code, int signal);
  void Arm(const Process& process);
  void End(const ContainerId& id);

  EventLoop& loop_;
  Scripts scripts_;
  std::function<void(const RuntimeEvent&)> handler_;
  std::map<ContainerId, Process> processes_;
  std::map<ContainerId, TimerId> timers_;
  std::deque<ContainerStart> starts_;  // grows without moving what is there: loops are timed over it
  std::vector<ContainerId> terminated_;
  std::vector<std::string> removed_pods_;
  size_t running_ = 0;
  size_t start_requests_ = 0;
  std::shared_ptr<bool> alive_;  // posted events outlive nobody
};

}  // namespace belfry::runtime
