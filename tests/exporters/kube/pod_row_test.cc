#include <gtest/gtest.h>

#include "exporters/kube/quantity.h"
#include "tests/exporters/kube/page_of.h"

namespace belfry::kube {
namespace {

using api::ConditionStatus;
using api::Pod;

Pod PlainPod() {
  Pod pod;
  pod.metadata = {.name = "etl-x", .ns = "batch", .uid = "u1"};
  pod.metadata.owner_references = {{.kind = "Job", .name = "etl", .controller = true}};
  pod.spec.restart_policy = "Never";
  pod.spec.node_name = "host";
  pod.spec.containers = {{.name = "main", .image = "busybox"}};
  return pod;
}

api::ContainerStatus& Status(Pod& pod) {
  pod.status.container_statuses.resize(1);
  pod.status.container_statuses[0].name = "main";
  return pod.status.container_statuses[0];
}

void Terminate(Pod& pod, int32_t code, const char* reason) {
  Status(pod).state = api::ContainerTerminated{.exit_code = code,
                                               .reason = reason,
                                               .started_at = FromUnixSeconds(100),
                                               .finished_at = FromUnixSeconds(200)};
}

void SetCondition(Pod& pod, const char* type, ConditionStatus status, const char* reason = "") {
  pod.status.conditions.push_back(
      {.type = type, .status = status, .last_transition_time = FromUnixSeconds(300), .reason = reason});
}

struct PodCase {
  const char* name;
  std::string family;
  void (*change)(Pod&);
  std::vector<std::string> rest;
};

void Nothing(Pod&) {}
void AddStatus(Pod& pod) { Status(pod); }

// One line per row of the table of kube-state-metrics' pod families.
const PodCase kPodCases[] = {
    {"info",
     "kube_pod_info",
     [](Pod& p) {
       p.status.host_ip = "10.0.0.1";
       p.status.pod_ip = "10.0.0.2";
     },
     {R"(,host_ip="10.0.0.1",pod_ip="10.0.0.2",node="host",created_by_kind="Job",created_by_name="etl",priority_class="",host_network="false"} 1)"}},
    {"info of kept fields",
     "kube_pod_info",
     [](Pod& p) {
       p.metadata.owner_references.clear();
       p.kept = {{"spec.priorityClassName", "\"high\""}, {"spec.hostNetwork", "true"}};
     },
     {R"(,host_ip="",pod_ip="",node="host",created_by_kind="",created_by_name="",priority_class="high",host_network="true"} 1)"}},
    {"owner",
     "kube_pod_owner",
     Nothing,
     {R"(,owner_kind="Job",owner_name="etl",owner_is_controller="true"} 1)"}},
    {"created",
     "kube_pod_created",
     [](Pod& p) { p.metadata.creation_timestamp = FromUnixSeconds(5); },
     {"} 5"}},
    {"start time", "kube_pod_start_time", [](Pod& p) { p.status.start_time = FromUnixSeconds(6); }, {"} 6"}},
    {"not started", "kube_pod_start_time", Nothing, {}},
    {"completed", "kube_pod_completion_time", [](Pod& p) { Terminate(p, 0, "Completed"); }, {"} 200"}},
    {"not completed", "kube_pod_completion_time", AddStatus, {}},
    {"deleted",
     "kube_pod_deletion_timestamp",
     [](Pod& p) { p.metadata.deletion_timestamp = FromUnixSeconds(7); },
     {"} 7"}},
    {"phase",
     "kube_pod_status_phase",
     [](Pod& p) { p.status.phase = api::PodPhase::kFailed; },
     {R"(,phase="Pending"} 0)", R"(,phase="Succeeded"} 0)", R"(,phase="Failed"} 1)", R"(,phase="Unknown"} 0)",
      R"(,phase="Running"} 0)"}},
    {"no reason", "kube_pod_status_reason", Nothing, {}},
    {"evicted",
     "kube_pod_status_reason",
     [](Pod& p) { p.status.reason = "Evicted"; },
     {R"(,reason="Evicted"} 1)"}},
    {"other reason",
     "kube_pod_status_reason",
     [](Pod& p) { p.status.reason = "DeadlineExceeded"; },
     {R"(,reason="Other"} 1)"}},
    {"disrupted",
     "kube_pod_status_disruption_reason",
     [](Pod& p) { SetCondition(p, "DisruptionTarget", ConditionStatus::kTrue, "EvictionByEvictionAPI"); },
     {R"(,reason="EvictionByEvictionAPI"} 1)"}},
    {"disrupted otherwise",
     "kube_pod_status_disruption_reason",
     [](Pod& p) { SetCondition(p, "DisruptionTarget", ConditionStatus::kTrue, "Whim"); },
     {R"(,reason="Other"} 1)"}},
    {"ready",
     "kube_pod_status_ready",
     [](Pod& p) { SetCondition(p, "Ready", ConditionStatus::kTrue); },
     {R"(,condition="true"} 1)", R"(,condition="false"} 0)", R"(,condition="unknown"} 0)"}},
    {"ready since",
     "kube_pod_status_ready_time",
     [](Pod& p) { SetCondition(p, "Ready", ConditionStatus::kTrue); },
     {"} 300"}},
    {"scheduled",
     "kube_pod_status_scheduled",
     [](Pod& p) { SetCondition(p, "PodScheduled", ConditionStatus::kFalse); },
     {R"(,condition="true"} 0)", R"(,condition="false"} 1)", R"(,condition="unknown"} 0)"}},
    {"scheduled at",
     "kube_pod_status_scheduled_time",
     [](Pod& p) { SetCondition(p, "PodScheduled", ConditionStatus::kTrue); },
     {"} 300"}},
    {"not scheduled",
     "kube_pod_status_scheduled_time",
     [](Pod& p) { SetCondition(p, "PodScheduled", ConditionStatus::kFalse); },
     {}},
    {"unschedulable",
     "kube_pod_status_unschedulable",
     [](Pod& p) { SetCondition(p, "PodScheduled", ConditionStatus::kFalse); },
     {"} 1"}},
    {"initialized at",
     "kube_pod_status_initialized_time",
     [](Pod& p) { SetCondition(p, "Initialized", ConditionStatus::kTrue); },
     {"} 300"}},
    {"containers ready at",
     "kube_pod_status_container_ready_time",
     [](Pod& p) { SetCondition(p, "ContainersReady", ConditionStatus::kTrue); },
     {"} 300"}},
    {"best effort",
     "kube_pod_status_qos_class",
     Nothing,
     {R"(,qos_class="BestEffort"} 1)", R"(,qos_class="Burstable"} 0)", R"(,qos_class="Guaranteed"} 0)"}},
    {"burstable",
     "kube_pod_status_qos_class",
     [](Pod& p) {
       p.spec.containers[0].resources.requests = {{"cpu", "1"}};
     },
     {R"(,qos_class="BestEffort"} 0)", R"(,qos_class="Burstable"} 1)", R"(,qos_class="Guaranteed"} 0)"}},
    {"guaranteed",
     "kube_pod_status_qos_class",
     [](Pod& p) {
       p.spec.containers[0].resources = {.limits = {{"cpu", "1"}, {"memory", "1Gi"}},
                                         .requests = {{"cpu", "1000m"}}};
     },
     {R"(,qos_class="BestEffort"} 0)", R"(,qos_class="Burstable"} 0)", R"(,qos_class="Guaranteed"} 1)"}},
    {"restart policy", "kube_pod_restart_policy", Nothing, {R"(,type="Never"} 1)"}},
    {"no container yet", "kube_pod_container_info", Nothing, {}},
    {"container",
     "kube_pod_container_info",
     [](Pod& p) {
       Status(p).image = "docker.io/busybox";
       p.status.container_statuses[0].image_id = "id";
       p.status.container_statuses[0].container_id = "belfry://u1/main/0";
     },
     {R"(,container="main",image_spec="busybox",image="docker.io/busybox",image_id="id",container_id="belfry://u1/main/0"} 1)"}},
    {"running since",
     "kube_pod_container_state_started",
     [](Pod& p) { Status(p).state = api::ContainerRunning{FromUnixSeconds(9)}; },
     {R"(,container="main"} 9)"}},
    {"had started",
     "kube_pod_container_state_started",
     [](Pod& p) { Terminate(p, 1, "Error"); },
     {R"(,container="main"} 100)"}},
    {"waiting has not started", "kube_pod_container_state_started", AddStatus, {}},
    {"running",
     "kube_pod_container_status_running",
     [](Pod& p) { Status(p).state = api::ContainerRunning{FromUnixSeconds(9)}; },
     {R"(,container="main"} 1)"}},
    {"not running", "kube_pod_container_status_running", AddStatus, {R"(,container="main"} 0)"}},
    {"waiting", "kube_pod_container_status_waiting", AddStatus, {R"(,container="main"} 1)"}},
    {"terminated",
     "kube_pod_container_status_terminated",
     [](Pod& p) { Terminate(p, 1, "Error"); },
     {R"(,container="main"} 1)"}},
    {"container ready",
     "kube_pod_container_status_ready",
     [](Pod& p) { Status(p).ready = true; },
     {R"(,container="main"} 1)"}},
    {"waiting reason",
     "kube_pod_container_status_waiting_reason",
     [](Pod& p) { Status(p).state = api::ContainerWaiting{.reason = "CrashLoopBackOff"}; },
     {R"(,container="main",reason="CrashLoopBackOff"} 1)"}},
    {"no waiting reason when running",
     "kube_pod_container_status_waiting_reason",
     [](Pod& p) { Status(p).state = api::ContainerRunning{}; },
     {}},
    {"terminated reason",
     "kube_pod_container_status_terminated_reason",
     [](Pod& p) { Terminate(p, 137, "OOMKilled"); },
     {R"(,container="main",reason="OOMKilled"} 1)"}},
    {"no last state without restart",
     "kube_pod_container_status_last_terminated_reason",
     [](Pod& p) { Terminate(p, 1, "Error"); },
     {}},
    {"last reason",
     "kube_pod_container_status_last_terminated_reason",
     [](Pod& p) { Status(p).last_state = api::ContainerTerminated{.exit_code = 3, .reason = "Error"}; },
     {R"(,container="main",reason="Error"} 1)"}},
    {"last exit code",
     "kube_pod_container_status_last_terminated_exitcode",
     [](Pod& p) { Status(p).last_state = api::ContainerTerminated{.exit_code = 3}; },
     {R"(,container="main"} 3)"}},
    {"last end",
     "kube_pod_container_status_last_terminated_timestamp",
     [](Pod& p) { Status(p).last_state = api::ContainerTerminated{.finished_at = FromUnixSeconds(8)}; },
     {R"(,container="main"} 8)"}},
    {"restarts",
     "kube_pod_container_status_restarts_total",
     [](Pod& p) { Status(p).restart_count = 2; },
     {R"(,container="main"} 2)"}},
    {"requests",
     "kube_pod_container_resource_requests",
     [](Pod& p) {
       p.spec.containers[0].resources.requests = {{"cpu", "250m"},          {"ephemeral-storage", "1k"},
                                                  {"hugepages-2Mi", "4Mi"}, {"memory", "64Mi"},
                                                  {"nvidia.com/gpu", "1"},  {"odd", "5"}};
     },
     {R"(,container="main",node="host",resource="cpu",unit="core"} 0.25)",
      R"(,container="main",node="host",resource="ephemeral_storage",unit="byte"} 1000)",
      R"(,container="main",node="host",resource="hugepages_2Mi",unit="byte"} 4194304)",
      R"(,container="main",node="host",resource="memory",unit="byte"} 67108864)",
      R"(,container="main",node="host",resource="nvidia_com_gpu",unit="integer"} 1)"}},
    {"limits",
     "kube_pod_container_resource_limits",
     [](Pod& p) {
       p.spec.containers[0].resources.limits = {{"cpu", "1.0005"}, {"memory", "nonsense"}};
     },
     {R"(,container="main",node="host",resource="cpu",unit="core"} 1.001)"}},
};

TEST(PodRow, ShowsEachFamilyAsKubeStateMetricsDoes) {
  for (const PodCase& one : kPodCases) {
    SCOPED_TRACE(one.name);
    Pod pod = PlainPod();
    one.change(pod);
    KubeRows rows(NeverDue);
    const store::Change changes[] = {Creation(pod)};
    rows.Apply(changes);
    std::vector<std::string> expected;
    for (const std::string& rest : one.rest)
      expected.push_back(one.family + R"({namespace="batch",pod="etl-x",uid="u1")" + rest);
    EXPECT_EQ(LinesOf(rows, one.family), expected);
  }
}

struct QuantityCase {
  const char* text;
  std::optional<double> value;
};

TEST(Quantity, ReadsEverySuffix) {
  const QuantityCase cases[] = {
      {"0", 0},
      {"1", 1},
      {"+2", 2},
      {"-1", -1},
      {"0.5", 0.5},
      {".5", 0.5},
      {"500m", 0.5},
      {"100u", 1e-4},
      {"5n", 5e-9},
      {"2k", 2000},
      {"3M", 3e6},
      {"4G", 4e9},
      {"5T", 5e12},
      {"6P", 6e15},
      {"7E", 7e18},
      {"1Ki", 1024},
      {"1.5Gi", 1610612736},
      {"2Ti", 2199023255552},
      {"1e3", 1000},
      {"1E3", 1000},
      {"", std::nullopt},
      {"m", std::nullopt},
      {"1x", std::nullopt},
      {"1 Gi", std::nullopt},
      {"inf", std::nullopt},
      {"nan", std::nullopt},
      {"0x10", std::nullopt},
      {"1Mi2", std::nullopt},
      {"--1", std::nullopt},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(ParseQuantity(text), value) << text;
}

}  // namespace
}  // namespace belfry::kube
