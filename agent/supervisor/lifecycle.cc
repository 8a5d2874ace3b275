#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "agent/base/backoff.h"
#include "agent/base/check.h"
#include "agent/base/log.h"
#include "agent/logs/path.h"
#include "agent/supervisor/mounts.h"
#include "agent/supervisor/supervisor.h"

// A container's way: asked for, born, running, main process ended, tree ended, reported, forgotten.

namespace belfry::supervisor {
namespace {

// Orphans that ended while births were in progress; far more than can be waiting for their birth to be told.
constexpr size_t kMaxEarlyEnds = 4096;

}  // namespace

void Supervisor::Handle(const StartRequest& request) {
  if (const Container* known = Find(request.key)) return Report(*known);
  if (shutting_down_) return;
  auto& container = *(containers_[request.key] = std::make_unique<Container>());
  ++live_;
  container.start = {
      .key = request.key, .ns = request.ns, .pod = request.pod, .place = "", .at = loop_.Now()};
  ScheduleTurn();
  auto job = Prepare(request, container);
  if (!job.ok()) {
    const bool bad_command = job.error().code == Code::kInvalid;
    return Fail(container, {bad_command ? "StartError" : "CreateContainerError", job.error().message},
                loop_.Now());
  }
  journal_.Append(container.start);
  to_spawn_.push_back(*std::move(job));
}

Result<SpawnJob> Supervisor::Prepare(const StartRequest& request, Container& container) {
  SpawnJob job;
  job.key = request.key;
  ASSIGN_OR_RETURN(job.program, MakeProgram(request));
  // A name that is no file name would leave the logs folder.
  const auto place = logs::ContainerLog(options_.data_dir, request.ns, request.pod, request.key.pod_uid,
                                        request.key.container, request.key.attempt);
  if (!place.ok()) return Error{Code::kFailedPrecondition, place.error().message};
  ASSIGN_OR_RETURN(job.mounts, PlanMounts(files_, options_.data_dir, request.mounts, request.hosts));
  ASSIGN_OR_RETURN(container.tree, trees_.Make(request.key));
  container.start.place = container.tree->place();
  job.cgroup_fd = container.tree->cgroup_fd();
  if (const std::string mark = container.tree->mark(); !mark.empty()) job.program.env.push_back(mark);
  return job;
}

std::unique_ptr<Output> Supervisor::MakeOutput(const Container& container) {
  const StartRecord& start = container.start;
  auto place = logs::ContainerLog(options_.data_dir, start.ns, start.pod, start.key.pod_uid,
                                  start.key.container, start.key.attempt);
  if (!place.ok()) return nullptr;
  return std::make_unique<Output>(
      pump_, std::make_unique<logs::LogWriter>(files_, *std::move(place), options_.log_limits));
}

void Supervisor::OnSpawned(SpawnResult& result) {
  const auto end = TakeEarlyEnd(result);
  Container* container = Find(result.key);
  CHECK(container != nullptr);
  ScheduleTurn();
  const pid_t pid = result.outcome.pid;
  if (result.outcome.error_number != 0) {
    if (pid > 0 && !end) ::waitpid(pid, nullptr, 0);  // it has nothing more to do than to exit
    return Fail(*container, result.error, result.at);
  }
  OnStarted(*container, result);
  if (end) return OnMainEnded(*container, ExitOf(*container, end->code, end->status, end->at));
  mains_[pid] = container;
  if (container->kill_asked) return container->tree->Kill();
  for (const int32_t signal : std::exchange(container->signals_asked, {})) ::kill(pid, signal);
}

std::optional<Supervisor::EarlyEnd> Supervisor::TakeEarlyEnd(const SpawnResult& result) {
  const auto it = std::ranges::find_if(early_ends_, [&](const EarlyEnd& end) {
    return end.pid == result.outcome.pid && end.monotonic >= result.begun;
  });
  if (it == early_ends_.end()) return std::nullopt;
  const EarlyEnd end = *it;
  early_ends_.erase(it);
  return end;
}

void Supervisor::OnStarted(Container& container, SpawnResult& result) {
  container.state = Container::State::kRunning;
  container.started = StartedRecord{.key = container.start.key,
                                    .pid = result.outcome.pid,
                                    .start_ticks = result.start_ticks,
                                    .output_inodes = {result.output[0].inode, result.output[1].inode},
                                    .at = result.at};
  container.tree->SetMain(result.outcome.pid);
  container.output = MakeOutput(container);
  container.output->Take(logs::Stream::kStdout, std::move(result.output[0]));
  container.output->Take(logs::Stream::kStderr, std::move(result.output[1]));
  journal_.Append(*container.started);
  Report(container);
}

void Supervisor::Fail(Container& container, const SpawnError& error, Instant at) {
  container.failed =
      StartFailed{.key = container.start.key, .reason = error.reason, .message = error.message, .at = at};
  container.state = Container::State::kEnded;
  --live_;
  Release(container);
  journal_.Append(*container.failed);
  Report(container);
  ScheduleTurn();
}

// Also reaps orphans that have come to us. A number that belongs to no container is either theirs or that of
// a process whose birth has not been told yet.
void Supervisor::OnChildEnded() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) break;
    const auto it = mains_.find(info.si_pid);
    if (it == mains_.end()) {
      early_ends_.push_back({info.si_pid, info.si_code, info.si_status, loop_.Now(), loop_.Monotonic()});
      if (early_ends_.size() > kMaxEarlyEnds) early_ends_.pop_front();
      continue;
    }
    Container& container = *it->second;
    mains_.erase(it);
    OnMainEnded(container, ExitOf(container, info.si_code, info.si_status, loop_.Now()));
  }
  if (spawner_.in_progress() == 0) early_ends_.clear();
}

void Supervisor::OnMainEnded(Container& container, const Exited& exited) {
  container.exited = exited;
  container.state = Container::State::kEnding;
  FinishTree(container);
}

// As the end of a pid namespace does, the end of the main process ends all others.
void Supervisor::FinishTree(Container& container) {
  if (scan_ != nullptr) scan_->SetBirths(spawner_.in_progress());
  if (container.tree->Empty()) return End(container);
  container.tree->Kill();
  constexpr int kSlow = 20;
  if (++container.kill_attempts == kSlow) {
    LogWarn("supervisor", "processes do not die", {{"container", KeyText(container.start.key)}});
  }
  if (!container.retry) container.retry = std::make_unique<Timer>(loop_);
  container.retry->RunAfter(ExponentialDelay(milliseconds(1), milliseconds(500), container.kill_attempts),
                            [this, &container] { FinishTree(container); });
}

void Supervisor::End(Container& container) {
  if (container.output) container.output->Finish();
  container.state = Container::State::kEnded;
  --live_;
  Release(container);
  journal_.Append(*container.exited);
  Send(*container.exited);
  ScheduleTurn();
}

// Gives back what an ended container needs no more. The retry timer stays: this may run inside of it.
void Supervisor::Release(Container& container) {
  if (container.watch != WatchId::kNone) loop_.Unwatch(std::exchange(container.watch, WatchId::kNone));
  container.pidfd.Reset();
  container.output.reset();
  container.tree.reset();
}

}  // namespace belfry::supervisor
