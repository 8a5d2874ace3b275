#include "agent/simulation/script_book.h"

#include <algorithm>

namespace belfry::simulation {
namespace {

bool IsInitContainer(const api::Pod& pod, const std::string& name) {
  return std::ranges::find(pod.spec.init_containers, name, &api::Container::name) !=
         pod.spec.init_containers.end();
}

// What `outer` has and `cycle` leaves open.
void Complete(OutcomeCycle& cycle, const OutcomeCycle& outer) {
  if (cycle.durations.empty()) cycle.durations = outer.durations;
  if (cycle.exit_codes.empty()) cycle.exit_codes = outer.exit_codes;
}

void Complete(OutcomeCycle& cycle, const api::StringMap& annotations) {
  if (const auto outer = ReadOutcomes(annotations); outer.ok()) Complete(cycle, *outer);
}

}  // namespace

Outcome ScriptBook::For(const runtime::ContainerStart& start) {
  const auto pod = store_.Get<api::Pod>(start.ns, start.pod);
  if (pod == nullptr) return fallback_;
  if (IsInitContainer(*pod, start.id.container)) return {.duration = Duration(0), .exit_code = 0};
  const bool first = pod->spec.containers.front().name == start.id.container;
  if (!first && last_pod_uid_ == start.id.pod_uid) {
    return {.duration = last_outcome_.duration, .exit_code = 0};
  }
  last_outcome_ = Deal(DealerOf(*pod));
  last_pod_uid_ = start.id.pod_uid;
  return last_outcome_;
}

ScriptBook::Dealer& ScriptBook::DealerOf(const api::Pod& pod) {
  const api::OwnerReference* pod_owner = api::ControllerOf(pod.metadata);
  const auto job = pod_owner == nullptr ? nullptr : store_.Get<api::Job>(pod.metadata.ns, pod_owner->name);
  const api::OwnerReference* job_owner = job == nullptr ? nullptr : api::ControllerOf(job->metadata);
  const auto cronjob =
      job_owner == nullptr ? nullptr : store_.Get<api::CronJob>(pod.metadata.ns, job_owner->name);
  const api::Key key = cronjob != nullptr ? api::KeyOf(*cronjob)
                       : job != nullptr   ? api::KeyOf(*job)
                                          : api::KeyOf(pod);
  const auto [dealer, added] = dealers_.try_emplace(key);
  if (added) {
    dealer->second.cycle = CycleOf(pod, job.get(), cronjob.get());
    if (const auto begin = begin_.find(key); begin != begin_.end()) dealer->second.dealt = begin->second;
  }
  return dealer->second;
}

OutcomeCycle ScriptBook::CycleOf(const api::Pod& pod, const api::Job* job,
                                 const api::CronJob* cronjob) const {
  if (cronjob != nullptr) {
    for (const std::string& name :
         {cronjob->metadata.ns + "/" + cronjob->metadata.name, cronjob->metadata.name}) {
      if (const auto it = history_.find(name); it != history_.end()) return it->second;
    }
  }
  OutcomeCycle cycle;
  Complete(cycle, pod.metadata.annotations);
  if (job != nullptr) Complete(cycle, job->metadata.annotations);
  if (cronjob != nullptr) Complete(cycle, cronjob->metadata.annotations);
  return cycle;
}

Outcome ScriptBook::Deal(Dealer& dealer) const {
  const OutcomeCycle& cycle = dealer.cycle;
  Outcome outcome = fallback_;
  if (!cycle.durations.empty()) outcome.duration = cycle.durations[dealer.dealt % cycle.durations.size()];
  if (!cycle.exit_codes.empty()) outcome.exit_code = cycle.exit_codes[dealer.dealt % cycle.exit_codes.size()];
  ++dealer.dealt;
  return outcome;
}

ScriptBook::Position ScriptBook::position() const {
  Position position = begin_;
  for (const auto& [key, dealer] : dealers_) position[key] = dealer.dealt;
  return position;
}

std::string ScriptBook::PlaceText() const {
  std::string text;
  for (const auto& [key, dealer] : dealers_) {
    const size_t durations = std::max<size_t>(dealer.cycle.durations.size(), 1);
    const size_t exit_codes = std::max<size_t>(dealer.cycle.exit_codes.size(), 1);
    if (durations == 1 && exit_codes == 1) continue;
    text += key.ToString() + " " + std::to_string(dealer.dealt % durations) + " " +
            std::to_string(dealer.dealt % exit_codes) + "\n";
  }
  return text;
}

}  // namespace belfry::simulation
