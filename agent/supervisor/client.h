// The agent's side: keeps in touch with a supervisor, starting one where there is none.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/connection.h"
#include "agent/supervisor/message.h"
#include "agent/supervisor/options.h"

namespace belfry::supervisor {

struct ClientOptions {
  SupervisorOptions supervisor;
  std::string binary = "/proc/self/exe";
  std::vector<std::string> arguments{"supervisor"};  // before those of `supervisor`
};

// Commands may be given at any time: starts and kills are kept until they are answered, over any number of
// crashes of the supervisor. Requires: destroyed on the loop's thread, before the loop. Thread: the loop's.
class SupervisorClient {
 public:
  struct Handlers {
    // Started, StartFailed, Exited (each perhaps repeatedly), Synced (with the starts that wait to be
    // answered), Status.
    std::function<void(const Message&)> on_event;
    // It does not answer; called once until the next Synced.
    std::function<void(const Error&)> on_lost;
  };

  SupervisorClient(EventLoop& loop, ClientOptions options, Handlers handlers);
  ~SupervisorClient();
  SupervisorClient(const SupervisorClient&) = delete;
  SupervisorClient& operator=(const SupervisorClient&) = delete;

  void Connect();
  void Start(const StartRequest& request);
  void Signal(const SignalRequest& request);
  void Kill(const KillRequest& request);
  void Forget(const ForgetRequest& request);
  // Kills everything, ends the supervisor, then calls `done`; at once if there is no supervisor. No event
  // comes after `done`.
  void Shutdown(std::function<void()> done);

 private:
  void TryConnect();
  void Use(UniqueFd fd);
  void OnMessage(const Message& message);
  void OnSynced(Synced synced);
  void OnClosed(const Error& error);
  void RetryLater(const Error& error);
  void WatchChild(pid_t pid);
  void OnChildReady(pid_t pid);
  void FinishShutdown();
  // To the supervisor if it has told all it knows, else after it has.
  void SendOrKeep(const Message& message);

  EventLoop& loop_;
  const ClientOptions options_;
  Handlers handlers_;
  std::unique_ptr<Connection> connection_;
  Timer retry_;
  int failures_ = 0;
  bool synced_ = false;
  bool lost_told_ = false;

  std::map<ContainerKey, StartRequest> unanswered_;
  std::set<ContainerKey> kills_;
  std::vector<Message> kept_;

  // Supervisors that this process started; more than one while the first is just ending.
  struct Child {
    pid_t pid = 0;
    UniqueFd pidfd;
    WatchId watch = WatchId::kNone;
  };
  std::map<pid_t, std::unique_ptr<Child>> children_;
  bool shutting_down_ = false;
  std::function<void()> shutdown_done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace belfry::supervisor
