#include "agent/simulation/scripted_runtime.h"

#include <algorithm>
#include <csignal>

namespace belfry::simulation {

ScriptedRuntime::ScriptedRuntime(EventLoop& loop, Scripts scripts)
    : loop_(loop), scripts_(std::move(scripts)), alive_(std::make_shared<bool>(true)) {}

ScriptedRuntime::~ScriptedRuntime() {
  *alive_ = false;
  for (const auto& [id, process] : processes_) loop_.Cancel(process.timer);
}

void ScriptedRuntime::OnEvent(std::function<void(const runtime::RuntimeEvent&)> handler) {
  handler_ = std::move(handler);
}

void ScriptedRuntime::Connect() { Report(runtime::RuntimeSynced{}); }

void ScriptedRuntime::Start(const runtime::ContainerStart& start) {
  const auto [process, added] = processes_.try_emplace(start.id, Process{.started_at = loop_.Now()});
  if (!added) return;
  ++starts_;
  const Outcome outcome = scripts_(start);
  Report(runtime::ContainerStarted{start.id, static_cast<int64_t>(starts_), loop_.Now()});
  if (outcome.duration == kForEver) return;
  process->second.ends_at = loop_.Now() + outcome.duration;
  process->second.timer =
      loop_.RunAfter(outcome.duration, [this, id = start.id, code = outcome.exit_code] { End(id, code, 0); });
}

void ScriptedRuntime::Signal(const runtime::ContainerId& id, int signal) {
  if (signal == SIGTERM || signal == SIGKILL) Stop(id, signal);
}

void ScriptedRuntime::Kill(const runtime::ContainerId& id) { Stop(id, SIGKILL); }

void ScriptedRuntime::Stop(const runtime::ContainerId& id, int signal) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || it->second.exited) return;
  loop_.Cancel(it->second.timer);
  End(id, 128 + signal, signal);
}

void ScriptedRuntime::Forget(const runtime::ContainerId& id) {
  const auto it = processes_.find(id);
  if (it != processes_.end() && it->second.exited) processes_.erase(it);
}

void ScriptedRuntime::Report(runtime::RuntimeEvent event) {
  loop_.Post([this, event = std::move(event), alive = alive_] {
    if (*alive && handler_) handler_(event);
  });
}

void ScriptedRuntime::End(const runtime::ContainerId& id, int32_t exit_code, int signal) {
  Process& process = processes_.at(id);
  process.exited = true;
  process.timer = TimerId::kNone;
  Report(runtime::ContainerExited{.id = id,
                                  .exit_code = exit_code,
                                  .signal = signal,
                                  .started_at = process.started_at,
                                  .finished_at = loop_.Now()});
}

std::vector<Instant> ScriptedRuntime::Ends() const {
  std::vector<Instant> ends;
  for (const auto& [id, process] : processes_) {
    if (!process.exited && process.timer != TimerId::kNone) ends.push_back(process.ends_at);
  }
  std::ranges::sort(ends);
  return ends;
}

}  // namespace belfry::simulation
