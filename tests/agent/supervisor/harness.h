// A real supervisor, real processes, and a client on a real loop that is run until something has happened.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/asio_event_loop.h"
#include "agent/logs/line.h"
#include "agent/logs/path.h"
#include "agent/supervisor/client.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

// A folder that goes with it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Harness {
 public:
  explicit Harness(TreeMode mode = TreeMode::kAuto);
  // Shuts the supervisor down and checks that it leaves nothing.
  ~Harness();

  // Runs the loop until `condition` holds; false after two minutes.
  bool RunUntil(const std::function<bool()>& condition);

  // A new agent: connects and waits for Synced. The old one, if any, goes without a word.
  void Connect();
  void Disconnect() { client_.reset(); }
  SupervisorClient& client() { return *client_; }

  StartRequest Shell(const std::string& name, const std::string& script) const;
  StartRequest Command(const std::string& name, std::vector<std::string> argv) const;
  // Starts and waits for the end.
  Exited Run(const StartRequest& request);
  StartFailed RunFailing(const StartRequest& request);
  // Starts and waits for the process.
  int64_t StartAndWait(const StartRequest& request);

  std::optional<Exited> exited(const ContainerKey& key) const;
  std::optional<Started> started(const ContainerKey& key) const;
  std::optional<StartFailed> failed(const ContainerKey& key) const;
  std::vector<logs::LogLine> Log(const StartRequest& request) const;
  // The texts of the log, partial lines joined.
  std::string Text(const StartRequest& request) const;
  // Waits until the log has this line.
  bool WaitForLine(const StartRequest& request, const std::string& text);
  int64_t supervisor_pid() const;
  void KillSupervisor();

  AsioEventLoop loop;
  ScratchFolder scratch;
  ClientOptions options;
  std::vector<Message> events;
  int lost = 0;

 private:
  std::unique_ptr<SupervisorClient> client_;
};

// False once a process of this number is gone or a zombie.
bool Alive(int64_t pid);

}  // namespace belfry::supervisor
