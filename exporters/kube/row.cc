#include "exporters/kube/row.h"

namespace belfry::kube {

void Row::AddCondition(FamilyId family, const api::Condition* condition) {
  static constexpr std::string_view kStates[] = {"true", "false", "unknown"};
  if (condition == nullptr) return;
  const size_t which = condition->status == api::ConditionStatus::kTrue    ? 0
                       : condition->status == api::ConditionStatus::kFalse ? 1
                                                                           : 2;
  AddOneOf(family, "condition", kStates, which);
}

void Row::AddOwners(FamilyId family, const std::vector<api::OwnerReference>& owners, std::string_view none) {
  if (owners.empty()) {
    Add(family, {{"owner_kind", none}, {"owner_name", none}, {"owner_is_controller", none}}, 1);
  }
  for (const api::OwnerReference& owner : owners) {
    const std::string_view controls = owner.controller.value_or(false) ? "true" : "false";
    Add(family, {{"owner_kind", owner.kind}, {"owner_name", owner.name}, {"owner_is_controller", controls}},
        1);
  }
}

}  // namespace belfry::kube
