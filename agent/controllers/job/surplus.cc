#include "agent/controllers/job/surplus.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {
namespace {

int PhaseRank(api::PodPhase phase) {
  if (phase == api::PodPhase::kPending) return 0;
  return phase == api::PodPhase::kRunning ? 2 : 1;
}

// Less: goes first.
auto Rank(const api::Pod& pod) {
  const api::Condition* ready = api::FindCondition(pod.status.conditions, "Ready");
  const bool is_ready = IsPodReady(pod);
  const Instant since = is_ready ? ready->last_transition_time.value_or(Instant()) : Instant();
  const Instant created = pod.metadata.creation_timestamp.value_or(Instant());
  const bool scheduled =
      pod.status.start_time.has_value();  // here a pod is placed when it is first looked at
  return std::tuple(scheduled, PhaseRank(pod.status.phase), is_ready, -since.time_since_epoch(),
                    -RestartCount(pod), -created.time_since_epoch(), pod.metadata.name);
}

// The index that the pod works on, if there is still something to be done for it.
std::optional<int32_t> OpenIndex(const api::JobSpec& spec, const api::Pod& pod, const IndexSet& decided) {
  const auto index = CompletionIndex(pod);
  if (!index || *index >= spec.completions.value_or(0) || decided.Contains(*index)) return std::nullopt;
  return index;
}

// Every pod has an open index of its own: the usual case, found without ranking anybody.
bool IndexesAreDistinct(const api::JobSpec& spec, const std::vector<api::Ptr<api::Pod>>& active,
                        const IndexSet& decided) {
  std::vector<int32_t> indexes;
  for (const auto& pod : active) {
    const auto index = OpenIndex(spec, *pod, decided);
    if (!index) return false;
    indexes.push_back(*index);
  }
  std::ranges::sort(indexes);
  return std::ranges::adjacent_find(indexes) == indexes.end();
}

}  // namespace

std::vector<api::Ptr<api::Pod>> SurplusPods(const api::JobSpec& spec, std::vector<api::Ptr<api::Pod>> active,
                                            int64_t at_least, const IndexSet& decided) {
  if (at_least <= 0 && (!IsIndexed(spec) || IndexesAreDistinct(spec, active, decided))) return {};
  std::ranges::sort(active, [](const auto& a, const auto& b) { return Rank(*a) < Rank(*b); });
  std::vector<api::Ptr<api::Pod>> surplus;
  std::vector<api::Ptr<api::Pod>> rest;
  if (IsIndexed(spec)) {
    std::set<int32_t> taken;
    for (auto it = active.rbegin(); it != active.rend(); ++it) {  // the furthest along keeps its index
      const auto index = OpenIndex(spec, **it, decided);
      const bool valid = index && taken.insert(*index).second;
      (valid ? rest : surplus).push_back(*it);
    }
    std::ranges::reverse(rest);
  } else {
    rest = std::move(active);
  }
  for (auto it = rest.begin(); it != rest.end() && std::ssize(surplus) < at_least; ++it)
    surplus.push_back(*it);
  return surplus;
}

}  // namespace belfry::controllers
