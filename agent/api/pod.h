// core/v1 Pod: what runs, and how it went.
// Source: kubernetes/api core/v1 as of 1.34; shared semantics in docs/pods.md.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/api/container.h"

namespace belfry::api {

struct ClaimVolumeSource {
  std::string claim_name;
  bool read_only = false;

  bool operator==(const ClaimVolumeSource&) const = default;
};

struct Volume {
  std::string name;
  std::optional<ClaimVolumeSource> claim;
  std::string source_json = "{}";  // a source of another type, as a JSON object with one member

  bool operator==(const Volume&) const = default;
};

// Names that the pod's processes find at an address.
struct HostAlias {
  std::string ip;
  std::vector<std::string> hostnames;

  bool operator==(const HostAlias&) const = default;
};

struct PodSpec {
  std::vector<Volume> volumes;
  std::vector<Container> init_containers;
  std::vector<Container> containers;
  std::string restart_policy;  // Always, OnFailure, Never
  std::optional<int64_t> termination_grace_period_seconds;
  std::optional<int64_t> active_deadline_seconds;
  std::string node_name;
  std::string service_account_name;
  std::string hostname;
  std::string subdomain;
  std::vector<HostAlias> host_aliases;

  bool operator==(const PodSpec&) const = default;
};

struct PodTemplateSpec {
  ObjectMeta metadata;  // labels and annotations count
  PodSpec spec;

  bool operator==(const PodTemplateSpec&) const = default;
};

struct ContainerWaiting {
  std::string reason;
  std::string message;

  bool operator==(const ContainerWaiting&) const = default;
};

struct ContainerRunning {
  Instant started_at;

  bool operator==(const ContainerRunning&) const = default;
};

struct ContainerTerminated {
  int32_t exit_code = 0;  // 128 + signal for a signal
  int32_t signal = 0;
  std::string reason;  // Completed, Error, StartError, …
  std::string message;
  std::optional<Instant> started_at;
  std::optional<Instant> finished_at;

  bool operator==(const ContainerTerminated&) const = default;
};

using ContainerState = std::variant<ContainerWaiting, ContainerRunning, ContainerTerminated>;

struct ContainerStatus {
  std::string name;
  ContainerState state;
  std::optional<ContainerTerminated> last_state;
  bool ready = false;
  std::optional<bool> started;
  int32_t restart_count = 0;
  std::string image;
  std::string image_id;
  std::string container_id;  // "belfry://<pod uid>/<container>/<attempt>"

  bool operator==(const ContainerStatus&) const = default;
};

enum class PodPhase { kPending, kRunning, kSucceeded, kFailed, kUnknown };
std::string_view PodPhaseName(PodPhase phase);

struct PodStatus {
  PodPhase phase = PodPhase::kPending;
  std::vector<Condition> conditions;
  std::string reason;
  std::string message;
  std::string host_ip;
  std::string pod_ip;
  std::optional<Instant> start_time;
  std::vector<ContainerStatus> init_container_statuses;
  std::vector<ContainerStatus> container_statuses;

  bool operator==(const PodStatus&) const = default;
};

struct Pod {
  static constexpr Kind kKind = Kind::kPod;
  ObjectMeta metadata;
  PodSpec spec;
  PodStatus status;
  Kept kept;

  bool operator==(const Pod&) const = default;
};

inline bool IsTerminal(const Pod& pod) {
  return pod.status.phase == PodPhase::kSucceeded || pod.status.phase == PodPhase::kFailed;
}

}  // namespace belfry::api
