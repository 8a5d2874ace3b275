#include <algorithm>
#include <cmath>
#include <iterator>

#include "exporters/kube/quantity.h"
#include "exporters/kube/row.h"
#include "exporters/kube/rows.h"
#include "exporters/model/text.h"

namespace belfry::kube {
namespace {

using api::ContainerRunning;
using api::ContainerStatus;
using api::ContainerTerminated;
using api::ContainerWaiting;

// The value if it is one of `known`, else "Other".
std::string_view KnownOr(std::string_view value, std::span<const std::string_view> known) {
  return std::find(known.begin(), known.end(), value) != known.end() ? value : "Other";
}

// The first reason of the pod, its conditions or its containers that the family knows; any other reason of
// the pod itself is "Other".
std::string_view StatusReason(const api::PodStatus& status) {
  static constexpr std::string_view kKnown[] = {"Evicted",
                                                "NodeAffinity",
                                                "NodeLost",
                                                "PreemptionByScheduler",
                                                "SchedulingGated",
                                                "Shutdown",
                                                "TerminationByKubelet",
                                                "UnexpectedAdmissionError"};
  const auto known = [](std::string_view reason) {
    return std::find(std::begin(kKnown), std::end(kKnown), reason) != std::end(kKnown);
  };
  if (known(status.reason)) return status.reason;
  for (const api::Condition& condition : status.conditions) {
    if (known(condition.reason)) return condition.reason;
  }
  for (const ContainerStatus& container : status.container_statuses) {
    const auto* terminated = std::get_if<ContainerTerminated>(&container.state);
    if (terminated != nullptr && known(terminated->reason)) return terminated->reason;
  }
  return status.reason.empty() ? "" : "Other";
}

// Burstable unless every container limits CPU and memory to what it requests (Guaranteed) or none says
// anything (BestEffort).
size_t QosClass(const api::PodSpec& spec) {
  bool guaranteed = true;
  bool best_effort = true;
  const auto look = [&](const api::Container& container) {
    for (const std::string resource : {"cpu", "memory"}) {
      const auto limit = container.resources.limits.find(resource);
      const auto request = container.resources.requests.find(resource);
      const bool limited = limit != container.resources.limits.end();
      const bool requested = request != container.resources.requests.end();
      best_effort = best_effort && !limited && !requested;
      guaranteed = guaranteed && limited &&
                   (!requested || ParseQuantity(limit->second) == ParseQuantity(request->second));
    }
  };
  for (const auto& container : spec.init_containers) look(container);
  for (const auto& container : spec.containers) look(container);
  return best_effort ? 0 : guaranteed ? 2 : 1;
}

struct Unit {
  std::string_view name;
  bool known = true;
};

Unit UnitOf(std::string_view resource) {
  if (resource == "cpu") return {"core"};
  const bool bytes = resource == "memory" || resource == "storage" || resource == "ephemeral-storage" ||
                     resource.starts_with("hugepages-") || resource.starts_with("attachable-volumes-");
  if (bytes) return {"byte"};
  const bool extended = resource.find('/') != std::string_view::npos &&
                        resource.find("kubernetes.io/") == std::string_view::npos;
  return {"integer", extended};
}

void AddResources(FamilyId family, const api::StringMap& resources, const api::Pod& pod,
                  std::string_view container, Row& row) {
  for (const auto& [resource, text] : resources) {
    const Unit unit = UnitOf(resource);
    const auto quantity = ParseQuantity(text);
    if (!unit.known || !quantity) continue;
    // As Quantity does: processors round up to a thousandth, the rest to whole numbers.
    const double value =
        unit.name == "core" ? std::ceil(*quantity * 1000 - 1e-6) / 1000 : std::ceil(*quantity - 1e-6);
    const std::string name = model::LegalLabelName(resource);
    row.Add(family,
            {{"container", container}, {"node", pod.spec.node_name}, {"resource", name}, {"unit", unit.name}},
            value);
  }
}

void AddState(const ContainerStatus& status, Row& row) {
  const model::LabelView container{"container", status.name};
  const auto* waiting = std::get_if<ContainerWaiting>(&status.state);
  const auto* running = std::get_if<ContainerRunning>(&status.state);
  const auto* terminated = std::get_if<ContainerTerminated>(&status.state);
  row.Add(FamilyId::kPodContainerRunning, {container}, running != nullptr ? 1 : 0);
  row.Add(FamilyId::kPodContainerWaiting, {container}, waiting != nullptr ? 1 : 0);
  row.Add(FamilyId::kPodContainerTerminated, {container}, terminated != nullptr ? 1 : 0);
  row.Add(FamilyId::kPodContainerReady, {container}, status.ready ? 1 : 0);
  const auto started = running != nullptr      ? std::optional(running->started_at)
                       : terminated != nullptr ? terminated->started_at
                                               : std::nullopt;
  if (started)
    row.Add(FamilyId::kPodContainerStateStarted, {container}, static_cast<double>(ToUnixSeconds(*started)));
  if (waiting != nullptr)
    row.Add(FamilyId::kPodContainerWaitingReason, {container, {"reason", waiting->reason}}, 1);
  if (terminated != nullptr)
    row.Add(FamilyId::kPodContainerTerminatedReason, {container, {"reason", terminated->reason}}, 1);
}

void AddContainerStatus(const ContainerStatus& status, const api::PodSpec& spec, Row& row) {
  const model::LabelView container{"container", status.name};
  const auto named = [&](const api::Container& one) { return one.name == status.name; };
  const auto wanted = std::find_if(spec.containers.begin(), spec.containers.end(), named);
  const std::string_view image_spec = wanted == spec.containers.end() ? std::string_view() : wanted->image;
  row.Add(FamilyId::kPodContainerInfo,
          {container,
           {"image_spec", image_spec},
           {"image", status.image},
           {"image_id", status.image_id},
           {"container_id", status.container_id}},
          1);
  AddState(status, row);
  row.writer().Add(Row::Index(FamilyId::kPodContainerRestarts), std::span(&container, 1),
                   status.restart_count, model::Suffix::kTotal);
  if (!status.last_state) return;
  row.Add(FamilyId::kPodContainerLastTerminatedReason, {container, {"reason", status.last_state->reason}}, 1);
  row.Add(FamilyId::kPodContainerLastTerminatedExitCode, {container}, status.last_state->exit_code);
  if (const auto& finished = status.last_state->finished_at) {
    row.Add(FamilyId::kPodContainerLastTerminatedTimestamp, {container},
            static_cast<double>(ToUnixSeconds(*finished)));
  }
}

void AddConditions(const api::PodStatus& status, Row& row) {
  const auto true_time = [&](FamilyId family, const api::Condition* condition) {
    const bool holds = condition != nullptr && condition->status == api::ConditionStatus::kTrue;
    if (holds) row.AddTime(family, condition->last_transition_time);
  };
  const auto* ready = api::FindCondition(status.conditions, "Ready");
  const auto* scheduled = api::FindCondition(status.conditions, "PodScheduled");
  row.AddCondition(FamilyId::kPodStatusReady, ready);
  row.AddCondition(FamilyId::kPodStatusScheduled, scheduled);
  true_time(FamilyId::kPodStatusScheduledTime, scheduled);
  if (scheduled != nullptr && scheduled->status == api::ConditionStatus::kFalse)
    row.Add(FamilyId::kPodStatusUnschedulable, 1);
  true_time(FamilyId::kPodStatusReadyTime, ready);
  true_time(FamilyId::kPodStatusInitializedTime, api::FindCondition(status.conditions, "Initialized"));
  true_time(FamilyId::kPodStatusContainerReadyTime, api::FindCondition(status.conditions, "ContainersReady"));
}

void AddPodStatus(const api::Pod& pod, Row& row) {
  static constexpr std::string_view kPhases[] = {"Pending", "Succeeded", "Failed", "Unknown", "Running"};
  static constexpr std::string_view kQos[] = {"BestEffort", "Burstable", "Guaranteed"};
  static constexpr std::string_view kDisruptions[] = {"PreemptionByScheduler", "DeletionByTaintManager",
                                                      "EvictionByEvictionAPI", "DeletionByPodGC",
                                                      "TerminationByKubelet"};
  const auto phase = std::find(std::begin(kPhases), std::end(kPhases), api::PodPhaseName(pod.status.phase));
  row.AddOneOf(FamilyId::kPodStatusPhase, "phase", kPhases, static_cast<size_t>(phase - std::begin(kPhases)));
  if (const auto reason = StatusReason(pod.status); !reason.empty()) {
    row.Add(FamilyId::kPodStatusReason, {{"reason", reason}}, 1);
  }
  const auto* disrupted = api::FindCondition(pod.status.conditions, "DisruptionTarget");
  if (disrupted != nullptr && disrupted->status == api::ConditionStatus::kTrue) {
    row.Add(FamilyId::kPodStatusDisruptionReason, {{"reason", KnownOr(disrupted->reason, kDisruptions)}}, 1);
  }
  AddConditions(pod.status, row);
  row.AddOneOf(FamilyId::kPodStatusQosClass, "qos_class", kQos, QosClass(pod.spec));
}

void AddPodInfo(const api::Pod& pod, Row& row) {
  const auto* creator = api::ControllerOf(pod.metadata);
  const auto priority = pod.kept.find("spec.priorityClassName");
  const auto host_network = pod.kept.find("spec.hostNetwork");
  std::string_view priority_class =
      priority == pod.kept.end() ? std::string_view() : priority->second;  // JSON text
  if (priority_class.size() >= 2) priority_class = priority_class.substr(1, priority_class.size() - 2);
  row.Add(
      FamilyId::kPodInfo,
      {{"host_ip", pod.status.host_ip},
       {"pod_ip", pod.status.pod_ip},
       {"node", pod.spec.node_name},
       {"created_by_kind", creator == nullptr ? std::string_view() : creator->kind},
       {"created_by_name", creator == nullptr ? std::string_view() : creator->name},
       {"priority_class", priority_class},
       {"host_network", host_network != pod.kept.end() && host_network->second == "true" ? "true" : "false"}},
      1);
}

}  // namespace

void DescribePod(const api::Pod& pod, model::RowWriter& writer) {
  Row row(writer, {{"namespace", pod.metadata.ns}, {"pod", pod.metadata.name}, {"uid", pod.metadata.uid}});
  AddPodInfo(pod, row);
  row.AddOwners(FamilyId::kPodOwner, pod.metadata.owner_references, "");
  row.AddTime(FamilyId::kPodCreated, pod.metadata.creation_timestamp);
  row.AddTime(FamilyId::kPodStartTime, pod.status.start_time);
  std::optional<Instant> finished;
  for (const ContainerStatus& status : pod.status.container_statuses) {
    const auto* terminated = std::get_if<ContainerTerminated>(&status.state);
    if (terminated != nullptr && terminated->finished_at)
      finished = std::max(finished, terminated->finished_at);
  }
  row.AddTime(FamilyId::kPodCompletionTime, finished);
  row.AddTime(FamilyId::kPodDeletionTimestamp, pod.metadata.deletion_timestamp);
  AddPodStatus(pod, row);
  if (!pod.spec.restart_policy.empty())
    row.Add(FamilyId::kPodRestartPolicy, {{"type", pod.spec.restart_policy}}, 1);
  for (const ContainerStatus& status : pod.status.container_statuses)
    AddContainerStatus(status, pod.spec, row);
  for (const api::Container& container : pod.spec.containers) {
    AddResources(FamilyId::kPodContainerResourceRequests, container.resources.requests, pod, container.name,
                 row);
    AddResources(FamilyId::kPodContainerResourceLimits, container.resources.limits, pod, container.name, row);
  }
}

}  // namespace belfry::kube
