#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/base/log.h"
#include "agent/supervisor/cgroup.h"
#include "agent/supervisor/pidfd.h"
#include "agent/supervisor/process_list.h"
#include "agent/supervisor/supervisor.h"

// After a crash: what the journal knows is compared with what runs. What runs is adopted; it is no child of
// ours, so its end is noticed, but its exit code belongs to whoever has become its parent: the end is
// reported as unknown.

namespace belfry::supervisor {
namespace {

constexpr int32_t kUnknownExitCode = 137;

Exited UnknownExit(const Container& container, Instant now) {
  return {.key = container.start.key,
          .exit_code = kUnknownExitCode,
          .signal = 0,
          .unknown = true,
          .started_at = container.started ? container.started->at : container.start.at,
          .finished_at = now};
}

// The main process of a container that was being born when the supervisor died: the leader of a session in
// its cgroup, or with its mark.
std::optional<pid_t> FindMain(const StartRecord& start) {
  std::vector<ProcessInfo> candidates;
  if (start.place.empty()) {
    const std::string mark = MarkOf(start.key);
    for (const auto& process : ListProcesses()) {
      if (process.session == process.pid && HasInEnvironment(process.pid, mark))
        candidates.push_back(process);
    }
  } else {
    for (const pid_t pid : ProcessesOf(start.place)) {
      const auto process = ReadProcess(pid);
      if (process && !process->dead()) candidates.push_back(*process);
    }
  }
  const auto oldest = std::ranges::min_element(
      candidates, {}, [](const ProcessInfo& p) { return std::pair(p.start_ticks, p.pid); });
  return oldest == candidates.end() ? std::nullopt : std::optional(oldest->pid);
}

bool StillRuns(const StartRecord& start, const StartedRecord& started) {
  const auto pid = static_cast<pid_t>(started.pid);
  const auto process = ReadProcess(pid);
  if (!process || process->dead()) return false;
  if (start.place.empty()) return started.start_ticks != 0 && process->start_ticks == started.start_ticks;
  const auto pids = ProcessesOf(start.place);
  return std::ranges::find(pids, pid) != pids.end();
}

// The pipe that the process writes to, if it is still the one it was given (inode 0: not known, any pipe will
// do).
OutputPipe ReopenPipe(pid_t pid, int number, uint64_t inode) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(number);
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0 || !S_ISFIFO(st.st_mode)) return {};
  if (inode != 0 && st.st_ino != inode) return {};
  return {.fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)), .inode = st.st_ino};
}

}  // namespace

Result<void> Supervisor::Recover() {
  ASSIGN_OR_RETURN(const auto records, journal_.Load());
  for (const auto& record : records) Replay(record);
  std::vector<Container*> unfinished;
  for (auto& [key, container] : containers_) {
    if (container->live()) unfinished.push_back(container.get());
  }
  live_ = unfinished.size();
  for (Container* container : unfinished) Adopt(*container);
  if (!containers_.empty()) {
    LogInfo("supervisor", "took over from a former supervisor",
            {{"running", live_}, {"unacknowledged", containers_.size() - live_}});
  }
  ScheduleTurn();
  return {};
}

void Supervisor::Replay(const JournalRecord& record) {
  if (const auto* boot = std::get_if<BootRecord>(&record)) {
    replayed_boot_ = boot->boot_id;
  } else if (const auto* start = std::get_if<StartRecord>(&record)) {
    auto& container = containers_[start->key] = std::make_unique<Container>();
    container->start = *start;
    container->lost_by_boot = replayed_boot_ != boot_id_;
  } else if (const auto* forgotten = std::get_if<ForgetRequest>(&record)) {
    containers_.erase(forgotten->key);
  } else if (const auto* started = std::get_if<StartedRecord>(&record)) {
    if (Container* container = Find(started->key)) {
      container->state = Container::State::kRunning;
      container->started = *started;
    }
  } else if (const auto* signalled = std::get_if<SignalRequest>(&record)) {
    if (Container* container = Find(signalled->key)) container->signals.insert(signalled->signal);
  } else {
    ReplayEnd(record);
  }
}

// A compacted journal has ends without the starts before them.
void Supervisor::ReplayEnd(const JournalRecord& record) {
  const auto* failed = std::get_if<StartFailed>(&record);
  const auto* exited = std::get_if<Exited>(&record);
  auto& container = containers_[failed != nullptr ? failed->key : exited->key];
  if (!container) container = std::make_unique<Container>();
  container->start.key = failed != nullptr ? failed->key : exited->key;
  container->state = Container::State::kEnded;
  if (failed != nullptr) container->failed = *failed;
  if (exited != nullptr) container->exited = *exited;
}

void Supervisor::Adopt(Container& container) {
  const auto gone = [&] { OnMainEnded(container, UnknownExit(container, loop_.Now())); };
  const StartRecord& start = container.start;
  if (container.lost_by_boot) {
    container.exited = UnknownExit(container, loop_.Now());
    return End(container);
  }
  const auto main = container.started ? std::nullopt : FindMain(start);
  if (main) container.started = StartedRecord{.key = start.key, .pid = *main, .at = start.at};
  container.tree = trees_.Adopt(start.key, start.place, container.pid());
  if (!container.started || !(main || StillRuns(start, *container.started))) return gone();
  container.pidfd = OpenPidfd(container.pid());
  if (!container.pidfd.valid()) return gone();
  container.state = Container::State::kRunning;
  container.output = MakeOutput(container);
  for (const int i : {0, 1}) {
    container.output->Take(static_cast<logs::Stream>(i),
                           ReopenPipe(container.pid(), i + 1, container.started->output_inodes[i]));
  }
  container.watch = loop_.Watch(container.pidfd.get(), {.readable = true}, [this, &container](FdEvents) {
    if (!HasEnded(container.pidfd)) return;
    loop_.Unwatch(std::exchange(container.watch, WatchId::kNone));
    OnMainEnded(container, UnknownExit(container, loop_.Now()));
  });
}

}  // namespace belfry::supervisor
