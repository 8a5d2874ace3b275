#include "agent/runtime/fake_runtime.h"

#include <csignal>
#include <utility>

namespace belfry::runtime {

FakeRuntime::FakeRuntime(EventLoop& loop, Scripts scripts)
    : loop_(loop), scripts_(std::move(scripts)), alive_(std::make_shared<bool>(true)) {}

FakeRuntime::~FakeRuntime() {
  *alive_ = false;
  for (const auto& [id, timer] : timers_) loop_.Cancel(timer);
}

void FakeRuntime::OnEvent(std::function<void(const RuntimeEvent&)> handler) { handler_ = std::move(handler); }

void FakeRuntime::Connect() {
  RuntimeSynced synced;
  for (const auto& [id, process] : processes_) {
    ReportState(process);
    synced.known.push_back(id);
  }
  Report(synced);
}

void FakeRuntime::Start(const ContainerStart& start) {
  ++start_requests_;
  if (processes_.contains(start.id)) return;
  starts_.push_back(start);
  Process process{.start = start, .script = scripts_(start), .started_at = loop_.Now()};
  process.start_error = process.script.start_error;
  process.exited = !process.start_error.empty();
  Process& stored = processes_.emplace(start.id, std::move(process)).first->second;
  ReportState(stored);
  if (stored.exited) return;
  ++running_;
  if (stored.script.duration >= Duration(0)) {
    EndAt(stored, loop_.Now() + stored.script.duration, stored.script.exit_code, 0);
  }
}

void FakeRuntime::Signal(const ContainerId& id, int signal) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || it->second.exited) return;
  Process& process = it->second;
  if (signal == SIGKILL) return Kill(id);
  if (std::exchange(process.terminated, true)) return;
  terminated_.push_back(id);
  if (process.script.term_delay < Duration(0) || process.script.term_exit_code < 0) return;
  const Instant end = loop_.Now() + process.script.term_delay;
  if (process.ends_at && *process.ends_at <= end) return;
  EndAt(process, end, process.script.term_exit_code,
        process.script.term_exit_code == 128 + signal ? signal : 0);
}

void FakeRuntime::Kill(const ContainerId& id) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || it->second.exited) return;
  EndAt(it->second, loop_.Now(), 128 + SIGKILL, SIGKILL);
}

void FakeRuntime::Forget(const ContainerId& id) {
  const auto it = processes_.find(id);
  if (it != processes_.end() && it->second.exited) processes_.erase(it);
}

void FakeRuntime::RemovePod(const std::string&, const std::string&, const std::string& pod_uid) {
  removed_pods_.push_back(pod_uid);
}

void FakeRuntime::Disconnect() {
  handler_ = nullptr;
  *alive_ = false;
  alive_ = std::make_shared<bool>(true);
}

void FakeRuntime::Rearm() {
  timers_.clear();
  for (const auto& [id, process] : processes_) {
    if (!process.exited) Arm(process);
  }
}

void FakeRuntime::LoseEverything() {
  for (const auto& [id, timer] : timers_) loop_.Cancel(timer);
  timers_.clear();
  processes_.clear();
  running_ = 0;
}

void FakeRuntime::Reboot() {
  for (const auto& [id, timer] : timers_) loop_.Cancel(timer);
  timers_.clear();
  running_ = 0;
  for (auto& [id, process] : processes_) {
    if (process.exited) continue;  // an end on record stays what it was
    process.exited = process.unknown = true;
    process.exit_code = 128 + SIGKILL;
    process.ends_at = loop_.Now();
  }
}

void FakeRuntime::Report(const RuntimeEvent& event) {
  loop_.Post([this, event, alive = alive_] {
    if (*alive && handler_) handler_(event);
  });
}

void FakeRuntime::ReportState(const Process& process) {
  const ContainerId& id = process.start.id;
  if (!process.start_error.empty()) {
    return Report(ContainerStartFailed{id, "StartError", process.start_error, process.started_at});
  }
  if (!process.exited)
    return Report(ContainerStarted{id, static_cast<int64_t>(starts_.size()), process.started_at});
  Report(ContainerExited{id, process.exit_code, process.signal_to_report, process.unknown, process.started_at,
                         process.ends_at.value_or(process.started_at)});
}

void FakeRuntime::EndAt(Process& process, Instant when, int32_t exit_code, int signal) {
  process.ends_at = when;
  process.exit_code = exit_code;
  process.signal_to_report = signal;
  Arm(process);
}

void FakeRuntime::Arm(const Process& process) {
  const ContainerId id = process.start.id;
  if (const auto it = timers_.find(id); it != timers_.end()) loop_.Cancel(it->second);
  if (!process.ends_at) return;
  timers_[id] = loop_.RunAt(*process.ends_at, [this, id] { End(id); });
}

void FakeRuntime::End(const ContainerId& id) {
  timers_.erase(id);
  Process& process = processes_.at(id);
  process.exited = true;
  --running_;
  ReportState(process);
}

}  // namespace belfry::runtime
