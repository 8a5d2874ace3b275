#include "agent/controllers/job/job_pods.h"

#include <algorithm>
#include <charconv>

#include "agent/controllers/manifest_seconds.h"
#include "agent/controllers/pod/container_state.h"

namespace belfry::controllers {
namespace {

std::optional<int32_t> ReadAnnotation(const api::Pod& pod, std::string_view name) {
  const auto it = pod.metadata.annotations.find(name);
  if (it == pod.metadata.annotations.end()) return std::nullopt;
  const std::string& text = it->second;
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The latest end of all containers, if all have ended and say when.
std::optional<Instant> LastContainerEnd(const api::Pod& pod) {
  std::optional<Instant> last;
  for (const auto* list : {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    for (const api::ContainerStatus& status : *list) {
      const auto* end = std::get_if<api::ContainerTerminated>(&status.state);
      if (end == nullptr || !end->finished_at) return std::nullopt;
      last = std::max(last.value_or(*end->finished_at), *end->finished_at);
    }
  }
  return last;
}

}  // namespace

bool IsTracked(const api::Pod& pod) { return HasFinalizer(pod.metadata, kJobTrackingFinalizer); }

std::optional<int32_t> CompletionIndex(const api::Pod& pod) {
  return ReadAnnotation(pod, kCompletionIndexAnnotation);
}

int32_t CountAnnotation(const api::Pod& pod, std::string_view annotation) {
  return ReadAnnotation(pod, annotation).value_or(0);
}

int64_t RestartCount(const api::Pod& pod) {
  int64_t count = 0;
  for (const auto* list : {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    for (const api::ContainerStatus& status : *list) {
      // A restart is on record before it begins; upstream's kubelet reports it afterwards.
      const bool begun = !IsAskedFor(status) || status.restart_count == 0;
      count += begun ? status.restart_count : status.restart_count - 1;
    }
  }
  return count;
}

bool HasRun(const api::Pod& pod) {
  const auto started = [](const api::ContainerStatus& status) { return !status.container_id.empty(); };
  return std::ranges::any_of(pod.status.init_container_statuses, started) ||
         std::ranges::any_of(pod.status.container_statuses, started);
}

bool IsPodReady(const api::Pod& pod) { return api::IsConditionTrue(pod.status.conditions, "Ready"); }

Instant FinishTime(const api::Pod& pod) {
  if (const auto end = LastContainerEnd(pod)) return *end;
  const api::Condition* ready = api::FindCondition(pod.status.conditions, "Ready");
  if (ready != nullptr && ready->status == api::ConditionStatus::kFalse && ready->last_transition_time) {
    return *ready->last_transition_time;
  }
  const auto& meta = pod.metadata;
  if (meta.deletion_timestamp) {
    return *meta.deletion_timestamp - ManifestSeconds(meta.deletion_grace_period_seconds.value_or(0));
  }
  return meta.creation_timestamp.value_or(Instant());
}

}  // namespace belfry::controllers
