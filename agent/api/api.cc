#include <algorithm>

#include "agent/api/object.h"

namespace belfry::api {
namespace {

struct KindEntry {
  Kind kind;
  std::string_view name;
  std::string_view api_version;
};
constexpr KindEntry kKinds[] = {
    {Kind::kJob, "Job", "batch/v1"}, {Kind::kCronJob, "CronJob", "batch/v1"},
    {Kind::kPod, "Pod", "v1"},       {Kind::kConfigMap, "ConfigMap", "v1"},
    {Kind::kSecret, "Secret", "v1"}, {Kind::kPrometheusRule, "PrometheusRule", "monitoring.coreos.com/v1"},
    {Kind::kEvent, "Event", "v1"},   {Kind::kPersistentVolumeClaim, "PersistentVolumeClaim", "v1"},
};

bool Satisfies(const LabelSelectorRequirement& requirement, const StringMap& labels) {
  const auto it = labels.find(requirement.key);
  const bool present = it != labels.end();
  const bool listed =
      present && std::ranges::find(requirement.values, it->second) != requirement.values.end();
  if (requirement.op == "In") return listed;
  if (requirement.op == "NotIn") return !listed;
  if (requirement.op == "Exists") return present;
  if (requirement.op == "DoesNotExist") return !present;
  return false;
}

}  // namespace

Kept Rebase(const Kept& kept, std::string_view from, std::string_view to) {
  Kept result;
  for (auto it = kept.lower_bound(std::string(from)); it != kept.end() && it->first.starts_with(from); ++it) {
    result.emplace(std::string(to) + it->first.substr(from.size()), it->second);
  }
  return result;
}

std::string_view KindName(Kind kind) { return kKinds[static_cast<size_t>(kind)].name; }
std::string_view ApiVersion(Kind kind) { return kKinds[static_cast<size_t>(kind)].api_version; }

std::optional<Kind> KindFromName(std::string_view name) {
  for (const KindEntry& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

std::string Key::ToString() const {
  std::string text(KindName(kind));
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text + " " + ns + "/" + name;
}

const OwnerReference* ControllerOf(const ObjectMeta& meta) {
  const auto it = std::ranges::find_if(
      meta.owner_references, [](const OwnerReference& owner) { return owner.controller.value_or(false); });
  return it == meta.owner_references.end() ? nullptr : &*it;
}

const Condition* FindCondition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto it = std::ranges::find(conditions, type, &Condition::type);
  return it == conditions.end() ? nullptr : &*it;
}

bool IsConditionTrue(const std::vector<Condition>& conditions, std::string_view type) {
  const Condition* condition = FindCondition(conditions, type);
  return condition != nullptr && condition->status == ConditionStatus::kTrue;
}

bool Matches(const LabelSelector& selector, const StringMap& labels) {
  return std::ranges::all_of(selector.match_labels,
                             [&](const auto& wanted) {
                               const auto it = labels.find(wanted.first);
                               return it != labels.end() && it->second == wanted.second;
                             }) &&
         std::ranges::all_of(selector.match_expressions,
                             [&](const auto& requirement) { return Satisfies(requirement, labels); });
}

bool StaysBelow(std::string_view sub_path) {
  if (sub_path.starts_with('/')) return false;
  const std::string padded = "/" + std::string(sub_path) + "/";
  return padded.find("/../") == std::string::npos;
}

std::string_view PodPhaseName(PodPhase phase) {
  switch (phase) {
    case PodPhase::kPending:
      return "Pending";
    case PodPhase::kRunning:
      return "Running";
    case PodPhase::kSucceeded:
      return "Succeeded";
    case PodPhase::kFailed:
      return "Failed";
    case PodPhase::kUnknown:
      return "Unknown";
  }
  return "Unknown";
}

const ObjectMeta& MetaOf(const Object& object) {
  return std::visit([](const auto& pointer) -> const ObjectMeta& { return pointer->metadata; }, object);
}

const Kept& KeptOf(const Object& object) {
  return std::visit([](const auto& pointer) -> const Kept& { return pointer->kept; }, object);
}

Kind KindOf(const Object& object) {
  return std::visit([](const auto& pointer) { return std::remove_cvref_t<decltype(*pointer)>::kKind; },
                    object);
}

Key KeyOf(const Object& object) { return {KindOf(object), MetaOf(object).ns, MetaOf(object).name}; }

}  // namespace belfry::api
