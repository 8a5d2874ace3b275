#include "agent/controllers/job/success_policy.h"

namespace belfry::controllers {
namespace {

bool IsMet(const api::SuccessPolicyRule& rule, int32_t completions, const IndexSet& completed) {
  if (!rule.succeeded_indexes) return rule.succeeded_count && completed.size() >= *rule.succeeded_count;
  const IndexSet wanted = IndexSet::Parse(*rule.succeeded_indexes, completions);
  if (wanted.empty()) return false;  // all of them are beyond the completions
  return completed.CountOf(wanted) >= (rule.succeeded_count ? *rule.succeeded_count : wanted.size());
}

}  // namespace

std::optional<std::string> MatchSuccessPolicy(const api::JobSpec& spec, const IndexSet& completed) {
  if (!spec.success_policy || !spec.completions || completed.empty()) return std::nullopt;
  const auto& rules = spec.success_policy->rules;
  for (size_t i = 0; i < rules.size(); ++i) {
    if (IsMet(rules[i], *spec.completions, completed)) return "Matched rules at index " + std::to_string(i);
  }
  return std::nullopt;
}

}  // namespace belfry::controllers
