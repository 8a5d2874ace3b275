// Containers as processes of this host, owned by a supervisor that outlives the agent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/runtime/runtime.h"
#include "agent/supervisor/client.h"

namespace belfry::runtime {

struct ProcessRuntimeOptions {
  std::string data_dir;  // absolute
  std::string supervisor_binary = "/proc/self/exe";
  std::vector<std::string> supervisor_arguments{"supervisor"};  // before its options
  logs::LogLimits log_limits;
  Duration idle_timeout = seconds(30);  // a supervisor without agent and work ends after that
  supervisor::TreeMode tree_mode = supervisor::TreeMode::kAuto;
};

// How the supervisor is doing, as last heard.
struct ProcessRuntimeStatus {
  uint64_t log_dropped_bytes = 0;
  std::string log_error;      // empty: output is being written
  std::string journal_error;  // empty: a crash of the supervisor would lose nothing

  bool operator==(const ProcessRuntimeStatus&) const = default;
};

// Output is in `<data dir>/logs` (agent/logs/path.h). Requires: destroyed on the loop's thread, before the
// loop.
class ProcessRuntime : public Runtime {
 public:
  // `files` outlives it.
  ProcessRuntime(EventLoop& loop, FileSystem& files, ProcessRuntimeOptions options);

  void OnEvent(std::function<void(const RuntimeEvent&)> handler) override { handler_ = std::move(handler); }
  void Connect() override { client_.Connect(); }
  void Start(const ContainerStart& start) override;
  void Signal(const ContainerId& id, int signal) override;
  void Kill(const ContainerId& id) override;
  void Forget(const ContainerId& id) override;
  void RemovePod(const std::string& ns, const std::string& pod, const std::string& pod_uid) override;

  // Kills everything and ends the supervisor, for `belfry run` and for an agent that is told to leave nothing
  // running. What ended is still reported before `done` is called.
  void Shutdown(std::function<void()> done) { client_.Shutdown(std::move(done)); }
  const ProcessRuntimeStatus& status() const { return status_; }

 private:
  void OnMessage(const supervisor::Message& message);
  Result<void> MakeSources(const ContainerStart& start);
  void Fail(const ContainerId& id, const Error& error);

  EventLoop& loop_;
  FileSystem& files_;
  const std::string data_dir_;
  std::function<void(const RuntimeEvent&)> handler_;
  ProcessRuntimeStatus status_;
  supervisor::SupervisorClient client_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace belfry::runtime
