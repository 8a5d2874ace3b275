// What every Kubernetes object has. Values; text forms are in agent/manifest.
// Source: kubernetes/apimachinery meta/v1, as of 1.34.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.h"

namespace belfry::api {

using StringMap = std::map<std::string, std::string, std::less<>>;

// Fields of Kubernetes that this version keeps but does not act on: path from the object's root, as in
// `spec.template.spec.containers[0].livenessProbe`, → the value's JSON text.
using Kept = StringMap;

// The entries below `from` with that prefix replaced by `to`: what a Job inherits of its CronJob's template
// (`Rebase(kept, "spec.jobTemplate.", "")`).
Kept Rebase(const Kept& kept, std::string_view from, std::string_view to);

enum class Kind {
  kJob,
  kCronJob,
  kPod,
  kConfigMap,
  kSecret,
  kPrometheusRule,
  kEvent,
  kPersistentVolumeClaim
};
inline constexpr Kind kAllKinds[] = {
    Kind::kJob,    Kind::kCronJob,        Kind::kPod,   Kind::kConfigMap,
    Kind::kSecret, Kind::kPrometheusRule, Kind::kEvent, Kind::kPersistentVolumeClaim};

std::string_view KindName(Kind kind);    // "CronJob"
std::string_view ApiVersion(Kind kind);  // "batch/v1"
std::optional<Kind> KindFromName(std::string_view name);

// Which object: kind, namespace, name.
struct Key {
  Kind kind = Kind::kJob;
  std::string ns;
  std::string name;

  auto operator<=>(const Key&) const = default;
  // "job default/etl-1", for messages.
  std::string ToString() const;
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  std::optional<bool> controller;
  std::optional<bool> block_owner_deletion;

  bool operator==(const OwnerReference&) const = default;
};

struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string ns;  // "namespace"
  std::string uid;
  uint64_t resource_version = 0;  // set by the store at each write
  int64_t generation = 0;         // set by the store when the spec changes
  std::optional<Instant> creation_timestamp;
  std::optional<Instant> deletion_timestamp;  // when the grace period ends, as in Kubernetes
  std::optional<int64_t> deletion_grace_period_seconds;
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;

  bool operator==(const ObjectMeta&) const = default;
};

// The owner that manages this object, or null.
const OwnerReference* ControllerOf(const ObjectMeta& meta);

enum class ConditionStatus { kTrue, kFalse, kUnknown };

struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::optional<Instant> last_probe_time;
  std::optional<Instant> last_transition_time;
  std::string reason;
  std::string message;

  bool operator==(const Condition&) const = default;
};

// The condition of that type, or null.
const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type);
bool IsConditionTrue(const std::vector<Condition>& conditions, std::string_view type);

struct LabelSelectorRequirement {
  std::string key;
  std::string op;  // In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;

  bool operator==(const LabelSelectorRequirement&) const = default;
};

struct LabelSelector {
  StringMap match_labels;
  std::vector<LabelSelectorRequirement> match_expressions;

  bool operator==(const LabelSelector&) const = default;
};

bool Matches(const LabelSelector& selector, const StringMap& labels);

struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;

  bool operator==(const ObjectReference&) const = default;
};

}  // namespace belfry::api
