#include "agent/cli/run_report.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/attempts.h"
#include "agent/controllers/deletion.h"
#include "agent/controllers/pod/conditions.h"
#include "agent/manifest/not_acted_on.h"

namespace belfry::cli {
namespace {

constexpr size_t kLastOutputLines = 5;

int32_t Wanted(const api::Job& job) {
  return job.spec.completions.value_or(job.spec.parallelism.value_or(1));
}

// The end of the first container that ended badly, else of the last one.
const api::ContainerTerminated* EndOf(const api::Pod& pod) {
  const api::ContainerTerminated* end = nullptr;
  for (const auto* statuses : {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    for (const api::ContainerStatus& status : *statuses) {
      const auto* terminated = std::get_if<api::ContainerTerminated>(&status.state);
      if (terminated == nullptr) continue;
      if (terminated->exit_code != 0) return terminated;
      end = terminated;
    }
  }
  return end;
}

// How its program ended by itself: of a pod that was stopped, the run before the one that got the signal.
int32_t LastExitCode(const api::Pod& pod) {
  const api::ContainerTerminated* end = EndOf(pod);
  if (end == nullptr) return 0;
  if (!controllers::IsEnding(pod) || end->signal == 0) return end->exit_code;
  for (const api::ContainerStatus& status : pod.status.container_statuses) {
    if (status.last_state && status.last_state->exit_code != 0) return status.last_state->exit_code;
  }
  return end->exit_code;
}

std::string PodEndText(const api::Pod& pod) {
  const api::ContainerTerminated* end = EndOf(pod);
  if (!pod.status.reason.empty()) return fmt::format("{} ({})", pod.status.reason, pod.status.message);
  if (end == nullptr) return "no container ran";
  std::string text =
      end->signal != 0 ? fmt::format("signal {}", end->signal) : fmt::format("exit code {}", end->exit_code);
  if (end->reason != "Error" && end->reason != "Completed") text += ", " + end->reason;
  if (!end->message.empty()) text += ": " + end->message;
  if (end->started_at && end->finished_at)
    text += " after " + ElapsedText(*end->finished_at - *end->started_at);
  return text;
}

std::string WaitingText(const api::Pod& pod) {
  const auto* scheduled = api::FindCondition(pod.status.conditions, controllers::kPodScheduled);
  if (scheduled != nullptr && scheduled->status == api::ConditionStatus::kFalse)
    return scheduled->reason + ": " + scheduled->message;
  for (const auto* statuses : {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    for (const api::ContainerStatus& status : *statuses) {
      const auto* waiting = std::get_if<api::ContainerWaiting>(&status.state);
      if (waiting != nullptr && !waiting->message.empty() && waiting->reason != "CrashLoopBackOff")
        return waiting->reason + ": " + waiting->message;
    }
  }
  return {};
}

const api::Condition* EndCondition(const api::Job& job) {
  for (const auto type : {api::kJobFailed, api::kJobComplete}) {
    if (api::IsConditionTrue(job.status.conditions, type))
      return api::FindCondition(job.status.conditions, type);
  }
  return nullptr;
}

}  // namespace

void RunReport::Expect(const api::Job& job) {
  const Name name{job.metadata.ns, job.metadata.name};
  jobs_[name].job = std::make_shared<const api::Job>(job);
  by_uid_[job.metadata.uid] = name;
  TellStandstill(name, {}, job.spec);
}

// That a Job stands still is said when it begins to, not by silence.
void RunReport::TellStandstill(const Name& name, const std::string& before, const api::JobSpec& spec) {
  const std::string why = Standstill(spec);
  if (!why.empty() && why != before) lines_.push_back(Label(name) + ": " + why + " (Ctrl-C ends this run)");
}

std::string RunReport::Label(const Name& name) const {
  const bool one_namespace =
      std::ranges::all_of(jobs_, [&](const auto& entry) { return entry.first.first == name.first; });
  return one_namespace ? name.second : name.first + "/" + name.second;
}

void RunReport::OnChange(const store::Change& change, Instant now) {
  const auto& object = change.after ? change.after : change.before;
  if (!object) return;
  if (const auto job = api::As<api::Job>(*object)) {
    const auto entry = jobs_.find({job->metadata.ns, job->metadata.name});
    if (entry != jobs_.end() && change.after) OnJob(entry->second, job, now);
  } else if (const auto pod = api::As<api::Pod>(*object)) {
    const api::OwnerReference* owner = api::ControllerOf(pod->metadata);
    const auto name = owner == nullptr ? by_uid_.end() : by_uid_.find(owner->uid);
    if (name == by_uid_.end() || !change.after) return;
    pod_owner_[{pod->metadata.ns, pod->metadata.name}] = name->second;
    OnPod(jobs_[name->second], change.before ? api::As<api::Pod>(*change.before) : nullptr, *pod, now);
  }
}

void RunReport::OnJob(Entry& entry, const api::Ptr<api::Job>& job, Instant now) {
  const api::Ptr<api::Job> before = std::exchange(entry.job, job);
  const std::string label = Label({job->metadata.ns, job->metadata.name});
  if (api::IsFinished(*job)) {
    if (!api::IsFinished(*before)) lines_.push_back(label + ": " + Describe(entry));
    return;
  }
  if (const std::string text = FailureText(*before, *job, now); !text.empty())
    lines_.push_back(label + ": " + text);
  TellStandstill({job->metadata.ns, job->metadata.name}, Standstill(before->spec), job->spec);
}

void RunReport::OnPod(Entry& entry, const api::Ptr<api::Pod>& before, const api::Pod& pod, Instant now) {
  const std::string label = Label({pod.metadata.ns, entry.job->metadata.name});
  const api::PodPhase was = before ? before->status.phase : api::PodPhase::kPending;
  const std::string restart = RestartText(*entry.job, before.get(), pod);
  if (!restart.empty()) lines_.push_back(fmt::format("{}: pod {}: {}", label, pod.metadata.name, restart));
  const std::string waiting = WaitingText(pod);
  if (!waiting.empty() && (!before || WaitingText(*before) != waiting)) {
    lines_.push_back(fmt::format("{}: pod {} waits: {}", label, pod.metadata.name, waiting));
  }
  if (pod.status.phase == was) return;
  if (pod.status.phase == api::PodPhase::kRunning) {
    lines_.push_back(fmt::format("{}: pod {} started{}", label, pod.metadata.name, AttemptText(*entry.job)));
  } else if (api::IsTerminal(pod)) {
    const bool succeeded = pod.status.phase == api::PodPhase::kSucceeded;
    lines_.push_back(fmt::format("{}: pod {} {}: {}", label, pod.metadata.name,
                                 succeeded                    ? "succeeded"
                                 : controllers::IsEnding(pod) ? "was stopped"
                                                              : "failed",
                                 PodEndText(pod)));
    entry.ends.push_back({pod.metadata.name, succeeded, LastExitCode(pod), pod.status.reason});
    const std::string retry = succeeded ? std::string() : IndexFailureText(*entry.job, pod, now);
    if (!retry.empty()) lines_.push_back(label + ": " + retry);
  }
}

void RunReport::OnOutput(const std::string& ns, const std::string& pod, const std::string& text) {
  const auto owner = pod_owner_.find({ns, pod});
  if (owner == pod_owner_.end()) return;
  auto& last = jobs_[owner->second].last_output;
  last.push_back(pod + " | " + text);
  if (last.size() > kLastOutputLines) last.pop_front();
}

std::vector<std::string> RunReport::TakeLines() { return std::exchange(lines_, {}); }

std::string RunReport::StatusLine(Instant now) const {
  std::string line;
  for (const auto& [name, entry] : jobs_) {
    if (EndCondition(*entry.job) != nullptr) continue;
    const api::JobStatus& status = entry.job->status;
    if (!line.empty()) line += "; ";
    line += fmt::format("{} {}/{} done, {} running", Label(name), status.succeeded, Wanted(*entry.job),
                        status.active);
    if (status.failed > 0) line += fmt::format(", {} failed", status.failed);
    if (const auto next = NextTry(*entry.job, now)) line += ", next try in " + ElapsedText(*next - now);
    if (!Standstill(entry.job->spec).empty()) line += ", standing still";
  }
  return line + " · " + ElapsedText(now - started_);
}

bool RunReport::finished() const {
  return std::ranges::all_of(jobs_,
                             [](const auto& entry) { return EndCondition(*entry.second.job) != nullptr; });
}

int RunReport::ExitCode() const {
  const bool complete =
      std::ranges::all_of(jobs_, [](const auto& entry) { return api::IsComplete(*entry.second.job); });
  return complete ? 0 : 1;
}

std::string RunReport::Describe(const Entry& entry) {
  const api::Job& job = *entry.job;
  const api::Condition* end = EndCondition(job);
  if (end == nullptr) return "not finished";
  std::string text = end->type;
  if (job.status.start_time && end->last_transition_time) {
    text += " after " + ElapsedText(*end->last_transition_time - *job.status.start_time);
  }
  text += fmt::format(", {} of {} succeeded", job.status.succeeded, Wanted(job));
  if (job.status.failed > 0) text += fmt::format(", {} failed", job.status.failed);
  if (end->type == api::kJobFailed) {
    text += fmt::format(": {}: {}", end->reason, end->message);
    const auto last = std::ranges::find(entry.ends.rbegin(), entry.ends.rend(), false, &PodEnd::succeeded);
    if (last != entry.ends.rend()) text += fmt::format(" (last exit code {})", last->exit_code);
  }
  return text;
}

std::string RunReport::SummaryText(Instant now) const {
  std::string text =
      fmt::format("\n{} after {}\n", aborted_.empty() ? "Finished" : aborted_, ElapsedText(now - started_));
  for (const auto& [name, entry] : jobs_) {
    text += fmt::format("  {} {}/{}: {}\n", api::IsComplete(*entry.job) ? "ok  " : "FAIL", name.first,
                        name.second, Describe(entry));
    if (api::IsComplete(*entry.job)) continue;
    if (!entry.last_output.empty()) text += "       last output:\n";
    for (const std::string& line : entry.last_output) text += "         " + line + "\n";
  }
  return text;
}

std::string RunReport::SummaryJson(Instant now) const {
  nlohmann::ordered_json jobs = nlohmann::ordered_json::array();
  for (const auto& [name, entry] : jobs_) {
    const api::Condition* end = EndCondition(*entry.job);
    nlohmann::ordered_json pods = nlohmann::ordered_json::array();
    for (const PodEnd& pod : entry.ends) {
      pods.push_back({{"name", pod.name},
                      {"succeeded", pod.succeeded},
                      {"exitCode", pod.exit_code},
                      {"reason", pod.reason}});
    }
    jobs.push_back({{"namespace", name.first},
                    {"name", name.second},
                    {"result", end == nullptr ? "Unfinished" : end->type},
                    {"reason", end == nullptr ? aborted_ : end->reason},
                    {"message", end == nullptr ? "" : end->message},
                    {"succeeded", entry.job->status.succeeded},
                    {"failed", entry.job->status.failed},
                    {"completedIndexes", entry.job->status.completed_indexes},
                    {"notActedOn", manifest::NotActedOn(api::Object(entry.job))},
                    {"pods", std::move(pods)}});
  }
  const nlohmann::ordered_json document = {{"result", ExitCode() == 0 ? "Complete" : "Failed"},
                                           {"seconds", ToSeconds(now - started_)},
                                           {"jobs", std::move(jobs)}};
  // Names and messages may hold any bytes; broken UTF-8 is replaced, not refused.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace belfry::cli
