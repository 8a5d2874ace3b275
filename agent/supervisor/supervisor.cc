#include "agent/supervisor/supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "agent/base/log.h"
#include "agent/logs/path.h"
#include "agent/supervisor/codec.h"
#include "agent/supervisor/process_list.h"

// Messages, turns and the end. A container's way is in lifecycle.cc, what an earlier supervisor left in
// recovery.cc.

namespace belfry::supervisor {
namespace {

int SpawnThreads(int wanted) {
  constexpr int kFewest = 2;
  constexpr int kMost = 4;
  return wanted > 0 ? wanted
                    : std::clamp(static_cast<int>(std::thread::hardware_concurrency()), kFewest, kMost);
}

}  // namespace

Supervisor::Supervisor(Parts parts, SupervisorOptions options, std::function<void()> done)
    : loop_(parts.loop),
      files_(parts.files),
      trees_(parts.trees),
      scan_(parts.scan),
      options_(std::move(options)),
      done_(std::move(done)),
      boot_id_(BootId()),
      journal_(files_, options_.data_dir + "/supervisor.journal"),
      pump_(loop_, [this](uint64_t more, const std::string& error) { OnLogTrouble(more, error); }),
      idle_(loop_),
      goodbye_(loop_),
      status_timer_(loop_),
      spawner_(loop_, {.threads = SpawnThreads(options_.spawn_threads), .want_start_ticks = scan_ != nullptr},
               [this](SpawnResult& result) { OnSpawned(result); }) {}

Supervisor::~Supervisor() {
  for (auto& [key, container] : containers_) Release(*container);
}

void Supervisor::Attach(UniqueFd connection) {
  agent_ = std::make_unique<Connection>(
      loop_, std::move(connection),
      Connection::Handlers{.on_message = [this](const Message& message) { OnMessage(message); },
                           .on_closed = [this](const Error& error) { OnAgentGone(error); }});
  UpdateIdleTimer();
}

void Supervisor::OnAgentGone(const Error& error) {
  LogInfo("supervisor", "agent gone", {{"cause", error}, {"running", live_}});
  // Not at once: the connection is in the middle of telling.
  loop_.Post([this, alive = std::weak_ptr(alive_), gone = std::shared_ptr<Connection>(std::move(agent_))] {
    if (!alive.expired()) UpdateIdleTimer();
  });
}

void Supervisor::OnMessage(const Message& message) {
  if (const auto* hello = std::get_if<Hello>(&message)) return Handle(*hello);
  if (const auto* start = std::get_if<StartRequest>(&message)) return Handle(*start);
  if (const auto* signal = std::get_if<SignalRequest>(&message)) return Handle(*signal);
  if (const auto* kill = std::get_if<KillRequest>(&message)) return Handle(*kill);
  if (const auto* forget = std::get_if<ForgetRequest>(&message)) return Handle(*forget);
  if (std::holds_alternative<ShutdownRequest>(message)) return Shutdown();
}

void Supervisor::Handle(const Hello&) {
  Send(Welcome{.version = kProtocolVersion, .pid = ::getpid(), .cgroups = scan_ == nullptr});
  Synced synced;
  for (const auto& [key, container] : containers_) {
    Report(*container);
    synced.known.push_back(key);
  }
  Send(synced);
  sent_status_ = {};
  SendStatus();
}

void Supervisor::Handle(const SignalRequest& request) {
  Container* container = Find(request.key);
  if (container == nullptr || !container->live() || !container->signals.insert(request.signal).second) return;
  journal_.Append(request);
  ScheduleTurn();
  if (container->state == Container::State::kStarting) container->signals_asked.push_back(request.signal);
  if (container->state != Container::State::kRunning) return;
  if (container->pidfd.valid()) {
    if (const auto process = ReadProcess(container->pid())) SignalProcess(*process, request.signal);
  } else {
    // Not reaped yet, so the number is still this process'.
    ::kill(container->pid(), request.signal);
  }
}

void Supervisor::Handle(const KillRequest& request) {
  Container* container = Find(request.key);
  if (container == nullptr || !container->live()) return;
  container->kill_asked = true;
  if (container->state == Container::State::kRunning) container->tree->Kill();
}

void Supervisor::Handle(const ForgetRequest& request) {
  const auto it = containers_.find(request.key);
  if (it == containers_.end() || it->second->live()) return;
  containers_.erase(it);
  journal_.Append(request);
  ScheduleTurn();
}

void Supervisor::Report(const Container& container) {
  if (container.failed) return Send(*container.failed);
  if (container.started) {
    Send(Started{.key = container.start.key, .pid = container.started->pid, .at = container.started->at});
  }
  if (!container.live() && container.exited) Send(*container.exited);
}

void Supervisor::Send(const Message& message) {
  if (agent_) agent_->Send(message);
}

Container* Supervisor::Find(const ContainerKey& key) {
  const auto it = containers_.find(key);
  return it == containers_.end() ? nullptr : it->second.get();
}

void Supervisor::ScheduleTurn() {
  if (std::exchange(turn_scheduled_, true)) return;
  loop_.Post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    turn_scheduled_ = false;
    EndTurn();
  });
}

// The journal comes before the births: a process that a crash leaves behind must be known to the next
// supervisor.
void Supervisor::EndTurn() {
  CommitJournal();
  if (!to_spawn_.empty()) spawner_.Submit(std::exchange(to_spawn_, {}));
  UpdateIdleTimer();
}

void Supervisor::CommitJournal() {
  if (!journal_.dirty()) return;
  const auto committed = journal_.Commit([this] { return AllRecords(); });
  const std::string error = committed.ok() ? "" : committed.error().message;
  if (error == status_.journal_error) return;
  if (!error.empty()) LogError("supervisor", "journal not written", {{"error", error}});
  status_.journal_error = error;
  SendStatus();
}

std::vector<JournalRecord> Supervisor::AllRecords() const {
  std::vector<JournalRecord> records{BootRecord{boot_id_}};
  for (const auto& [key, container] : containers_) container->AppendRecords(records);
  return records;
}

void Supervisor::OnLogTrouble(uint64_t more_dropped_bytes, const std::string& error) {
  if (status_.log_error.empty() && !error.empty())
    LogError("supervisor", "output not written", {{"error", error}});
  status_.log_dropped_bytes += more_dropped_bytes;
  status_.log_error = error;
  SendStatus();
}

void Supervisor::SendStatus() {
  if (status_ == sent_status_ || status_timer_.armed()) return;
  sent_status_ = status_;
  Send(status_);
  status_timer_.RunAfter(seconds(1), [this] { SendStatus(); });
}

void Supervisor::UpdateIdleTimer() {
  if (finished_) return;
  if (shutting_down_ && live_ == 0) {
    finished_ = true;
    Send(Goodbye{});
    // The farewell goes out at the end of this turn.
    loop_.Post([this, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      if (agent_) agent_->Flush();
      if (containers_.empty()) (void)journal_.Remove().ok();
      done_();
    });
    return;
  }
  // Ends that nobody has acknowledged do not keep it: the journal has them, and the next supervisor tells
  // them.
  const bool idle = !agent_ && live_ == 0 && status_.journal_error.empty();
  if (!idle) return idle_.Cancel();
  if (idle_.armed()) return;
  idle_.RunAfter(options_.idle_timeout, [this] {
    LogInfo("supervisor", "nothing to do, ending");
    shutting_down_ = true;
    UpdateIdleTimer();
  });
}

void Supervisor::Shutdown() {
  if (std::exchange(shutting_down_, true)) return;
  LogInfo("supervisor", "shutting down", {{"running", live_}});
  for (auto& [key, container] : containers_) {
    if (container->live()) Handle(KillRequest{key});
  }
  ScheduleTurn();
}

}  // namespace belfry::supervisor
