// The process that owns processes: starts containers, keeps their output, sees them end, remembers how.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/file_system.h"
#include "agent/supervisor/connection.h"
#include "agent/supervisor/container.h"
#include "agent/supervisor/journal.h"
#include "agent/supervisor/options.h"
#include "agent/supervisor/process_tree.h"
#include "agent/supervisor/scan_tree.h"
#include "agent/supervisor/spawner.h"

namespace belfry::supervisor {

// Everything that happens in one turn of the loop is written to the journal and sent to the agent at its end,
// once. Requires: this process reaps its orphaned descendants; SIGCHLD is turned into OnChildEnded. Thread:
// the loop's.
class Supervisor {
 public:
  struct Parts {
    EventLoop& loop;
    FileSystem& files;
    TreeKeeper& trees;
    ScanKeeper* scan;  // `trees` if it looks for processes itself, else null
  };

  // `done` is called when nothing is left to do: after a shutdown, or when nobody has needed it for the idle
  // timeout.
  Supervisor(Parts parts, SupervisorOptions options, std::function<void()> done);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Takes over what a former supervisor has left. To be called once, first. Errors: the journal cannot be
  // read.
  Result<void> Recover();
  // Talks to this agent from now on, and no longer to the one before.
  void Attach(UniqueFd connection);
  // Reaps.
  void OnChildEnded();
  // Kills everything, reports it, and calls `done`.
  void Shutdown();

 private:
  struct EarlyEnd {
    pid_t pid;
    int code;
    int status;
    Instant at;
    Duration monotonic;
  };

  // What the agent says.
  void OnMessage(const Message& message);
  void Handle(const Hello& hello);
  void Handle(const StartRequest& request);
  void Handle(const SignalRequest& request);
  void Handle(const KillRequest& request);
  void Handle(const ForgetRequest& request);
  void OnAgentGone(const Error& error);
  void Send(const Message& message);
  void Report(const Container& container);

  // A container's way.
  Result<SpawnJob> Prepare(const StartRequest& request, Container& container);
  void OnSpawned(SpawnResult& result);
  std::optional<EarlyEnd> TakeEarlyEnd(const SpawnResult& result);
  void OnStarted(Container& container, SpawnResult& result);
  void Fail(Container& container, const SpawnError& error, Instant at);
  void OnMainEnded(Container& container, const Exited& exited);
  void FinishTree(Container& container);
  void End(Container& container);
  void Release(Container& container);

  // What an earlier supervisor left.
  void Replay(const JournalRecord& record);
  void ReplayEnd(const JournalRecord& record);
  void Adopt(Container& container);

  // The end of a turn.
  void ScheduleTurn();
  void EndTurn();
  void CommitJournal();
  void OnLogTrouble(uint64_t more_dropped_bytes, const std::string& error);
  void SendStatus();
  void UpdateIdleTimer();

  Container* Find(const ContainerKey& key);
  std::unique_ptr<Output> MakeOutput(const Container& container);
  std::vector<JournalRecord> AllRecords() const;

  EventLoop& loop_;
  FileSystem& files_;
  TreeKeeper& trees_;
  ScanKeeper* scan_;
  const SupervisorOptions options_;
  std::function<void()> done_;
  const std::string boot_id_;
  std::string replayed_boot_;

  Journal journal_;
  OutputPump pump_;
  std::unordered_map<ContainerKey, std::unique_ptr<Container>> containers_;
  std::unordered_map<pid_t, Container*> mains_;  // processes that we shall reap
  size_t live_ = 0;
  std::deque<EarlyEnd> early_ends_;  // reaped before the thread that bore them could tell

  std::unique_ptr<Connection> agent_;
  std::vector<SpawnJob> to_spawn_;
  bool turn_scheduled_ = false;
  bool shutting_down_ = false;
  bool finished_ = false;
  Timer idle_;
  Timer goodbye_;
  Timer status_timer_;
  Status status_;
  Status sent_status_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Spawner spawner_;  // last: its threads end before anything else goes
};

}  // namespace belfry::supervisor
