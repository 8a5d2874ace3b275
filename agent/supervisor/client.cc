#include "agent/supervisor/client.h"

#include <sys/wait.h>

#include <utility>

#include "agent/base/backoff.h"
#include "agent/base/log.h"
#include "agent/supervisor/codec.h"
#include "agent/supervisor/launch.h"
#include "agent/supervisor/pidfd.h"
#include "agent/supervisor/socket.h"

namespace belfry::supervisor {
namespace {

constexpr Duration kFirstRetry = milliseconds(10);
constexpr Duration kLongestRetry = seconds(2);

}  // namespace

SupervisorClient::SupervisorClient(EventLoop& loop, ClientOptions options, Handlers handlers)
    : loop_(loop), options_(std::move(options)), handlers_(std::move(handlers)), retry_(loop) {}

SupervisorClient::~SupervisorClient() {
  for (const auto& [pid, child] : children_) {
    loop_.Unwatch(child->watch);
    ::waitpid(pid, nullptr, WNOHANG);
  }
}

void SupervisorClient::Connect() {
  if (!connection_ && !retry_.armed()) TryConnect();
}

// An old supervisor answers at the socket. Where none does, a new one is started; if the old one is only
// about to end, the new one finds its lock taken and ends, too: then this is tried again.
void SupervisorClient::TryConnect() {
  if (auto connected = ConnectTo(SocketPath(options_.supervisor.data_dir)); connected.ok()) {
    return Use(*std::move(connected));
  }
  auto launched = LaunchSupervisor(options_.binary, options_.arguments, options_.supervisor);
  if (!launched.ok()) return RetryLater(launched.error());
  WatchChild(launched->pid);
  Use(std::move(launched->connection));
}

void SupervisorClient::Use(UniqueFd fd) {
  connection_ = std::make_unique<Connection>(
      loop_, std::move(fd),
      Connection::Handlers{.on_message = [this](const Message& message) { OnMessage(message); },
                           .on_closed = [this](const Error& error) { OnClosed(error); }});
  connection_->Send(Hello{.version = kProtocolVersion});
}

void SupervisorClient::OnMessage(const Message& message) {
  if (const auto* synced = std::get_if<Synced>(&message)) return OnSynced(*synced);
  if (const auto* started = std::get_if<Started>(&message)) unanswered_.erase(started->key);
  if (const auto* failed = std::get_if<StartFailed>(&message)) {
    unanswered_.erase(failed->key);
    kills_.erase(failed->key);
  }
  if (const auto* exited = std::get_if<Exited>(&message)) {
    unanswered_.erase(exited->key);
    kills_.erase(exited->key);
  }
  if (std::holds_alternative<Welcome>(message) || std::holds_alternative<Goodbye>(message)) return;
  handlers_.on_event(message);
}

void SupervisorClient::OnSynced(Synced synced) {
  synced_ = true;
  lost_told_ = false;
  failures_ = 0;
  const std::set<ContainerKey> known(synced.known.begin(), synced.known.end());
  for (const auto& [key, request] : unanswered_) {
    connection_->Send(request);
    if (!known.contains(key)) synced.known.push_back(key);
  }
  for (auto it = kills_.begin(); it != kills_.end();) {
    const bool exists = known.contains(*it) || unanswered_.contains(*it);
    if (exists) connection_->Send(KillRequest{*it});
    it = exists ? std::next(it) : kills_.erase(it);
  }
  for (const auto& message : std::exchange(kept_, {})) connection_->Send(message);
  handlers_.on_event(synced);
}

void SupervisorClient::OnClosed(const Error& error) {
  synced_ = false;
  // Not at once: the connection is in the middle of telling.
  loop_.Post([gone = std::shared_ptr<Connection>(std::move(connection_))] {});
  if (shutting_down_) return FinishShutdown();
  RetryLater(error);
}

void SupervisorClient::RetryLater(const Error& error) {
  const Duration delay = ExponentialDelay(kFirstRetry, kLongestRetry, failures_++);
  if (!std::exchange(lost_told_, true)) {
    LogWarn("supervisor", "supervisor does not answer", {{"error", error}});
    loop_.Post([this, error, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) handlers_.on_lost(error);
    });
  }
  retry_.RunAfter(delay, [this] { TryConnect(); });
}

void SupervisorClient::SendOrKeep(const Message& message) {
  if (synced_) {
    connection_->Send(message);
  } else {
    kept_.push_back(message);
  }
}

void SupervisorClient::Start(const StartRequest& request) {
  unanswered_.insert_or_assign(request.key, request);
  if (synced_) connection_->Send(request);
}

void SupervisorClient::Signal(const SignalRequest& request) { SendOrKeep(request); }

void SupervisorClient::Kill(const KillRequest& request) {
  kills_.insert(request.key);
  if (synced_) connection_->Send(request);
}

void SupervisorClient::Forget(const ForgetRequest& request) {
  kills_.erase(request.key);
  SendOrKeep(request);
}

void SupervisorClient::Shutdown(std::function<void()> done) {
  shutting_down_ = true;
  shutdown_done_ = std::move(done);
  retry_.Cancel();
  if (!connection_) return FinishShutdown();
  connection_->Send(ShutdownRequest{});
}

// A supervisor that this process started is waited for, so that nothing is left behind, not even a zombie.
void SupervisorClient::WatchChild(pid_t pid) {
  auto child = std::make_unique<Child>();
  child->pid = pid;
  child->pidfd = OpenPidfd(pid);
  if (!child->pidfd.valid()) return;
  child->watch =
      loop_.Watch(child->pidfd.get(), {.readable = true}, [this, pid](FdEvents) { OnChildReady(pid); });
  children_[pid] = std::move(child);
}

void SupervisorClient::OnChildReady(pid_t pid) {
  const auto it = children_.find(pid);
  if (it == children_.end() || !HasEnded(it->second->pidfd)) return;
  loop_.Unwatch(it->second->watch);
  ::waitpid(pid, nullptr, 0);
  children_.erase(it);
  if (shutting_down_ && !connection_) FinishShutdown();
}

void SupervisorClient::FinishShutdown() {
  if (!children_.empty() || !shutdown_done_) return;
  loop_.Post([done = std::exchange(shutdown_done_, nullptr)] { done(); });
}

}  // namespace belfry::supervisor
