// One run of a container as the supervisor sees it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/journal.h"
#include "agent/supervisor/message.h"
#include "agent/supervisor/output.h"
#include "agent/supervisor/process_tree.h"

namespace belfry::supervisor {

struct Container {
  enum class State {
    kStarting,  // its process is being born
    kRunning,
    kEnding,  // the main process has ended, others of its tree may not have
    kEnded,   // `failed` or `exited` says how; kept until it is acknowledged
  };

  StartRecord start;
  State state = State::kStarting;
  std::optional<StartedRecord> started;
  std::optional<StartFailed> failed;
  std::optional<Exited> exited;

  std::unique_ptr<ProcessTree> tree;
  std::unique_ptr<Output> output;
  std::unique_ptr<Timer> retry;  // while the tree does not die
  int kill_attempts = 0;

  // Arrived while it was being born.
  bool kill_asked = false;
  std::vector<int32_t> signals_asked;
  // Each signal goes once to a run: an agent that was restarted asks again because it cannot know.
  std::set<int32_t> signals;

  // Of a process that an earlier supervisor started: not our child, so its end is watched instead of waited
  // for.
  UniqueFd pidfd;
  WatchId watch = WatchId::kNone;

  bool lost_by_boot = false;  // it was started before the host was

  bool live() const { return state != State::kEnded; }
  pid_t pid() const { return started ? static_cast<pid_t>(started->pid) : 0; }

  // What the journal must hold so that this container is known after a crash.
  void AppendRecords(std::vector<JournalRecord>& records) const;
};

// How a process ended, by what waitid says of it.
Exited ExitOf(const Container& container, int code, int status, Instant now);

}  // namespace belfry::supervisor
