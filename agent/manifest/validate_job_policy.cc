#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "agent/manifest/codec.h"
#include "agent/manifest/index_list.h"
#include "agent/manifest/names.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr size_t kMaxRules = 20;
constexpr size_t kMaxPatterns = 20;
constexpr size_t kMaxExitCodes = 255;
constexpr size_t kMaxIndexesBytes = 65536;

bool HasContainer(const api::PodSpec& pod, const std::string& name) {
  const auto has = [&](const std::vector<api::Container>& containers) {
    return std::ranges::find(containers, name, &api::Container::name) != containers.end();
  };
  return has(pod.containers) || has(pod.init_containers);
}

void ValidateExitCodeValues(const api::FailurePolicyOnExitCodes& codes, const std::string& path,
                            FieldErrors& errors) {
  if (codes.values.empty()) errors.InvalidRaw(path, "[]", "at least one value is required");
  if (codes.values.size() > kMaxExitCodes) errors.TooMany(path, codes.values.size(), kMaxExitCodes);
  std::set<int32_t> seen;
  bool ordered = true;
  for (size_t i = 0; i < codes.values.size(); ++i) {
    const int32_t value = codes.values[i];
    if (codes.op == "In" && value == 0)
      errors.Invalid(At(path, i), int64_t{0}, "must not be 0 for the In operator");
    if (!seen.insert(value).second) errors.DuplicateRaw(At(path, i), std::to_string(value));
    ordered = ordered && (i == 0 || codes.values[i - 1] <= value);
  }
  if (ordered) return;
  std::string list;
  for (const int32_t value : codes.values) list += (list.empty() ? "" : ",") + std::to_string(value);
  errors.InvalidRaw(path, "[" + list + "]", "must be ordered");
}

void ValidateExitCodes(const api::JobSpec& spec, const api::FailurePolicyOnExitCodes& codes,
                       const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kOperators[] = {"In", "NotIn"};
  if (codes.op.empty()) {
    errors.Required(path + ".operator", "valid values: [\"In\" \"NotIn\"]");
  } else if (std::ranges::find(kOperators, codes.op) == std::end(kOperators)) {
    errors.Unsupported(path + ".operator", codes.op, kOperators);
  }
  if (codes.container_name && !HasContainer(spec.pod_template.spec, *codes.container_name)) {
    errors.Invalid(path + ".containerName", *codes.container_name,
                   "must be one of the container or initContainer names in the pod template");
  }
  ValidateExitCodeValues(codes, path + ".values", errors);
}

void ValidatePatterns(const std::vector<api::FailurePolicyOnPodCondition>& patterns, const std::string& path,
                      FieldErrors& errors) {
  static constexpr std::string_view kStatuses[] = {"False", "True", "Unknown"};
  if (patterns.size() > kMaxPatterns) errors.TooMany(path, patterns.size(), kMaxPatterns);
  for (size_t i = 0; i < patterns.size(); ++i) {
    const std::string at = At(path, i);
    if (const std::string wrong = CheckQualifiedName(patterns[i].type); !wrong.empty())
      errors.Invalid(at + ".type", patterns[i].type, wrong);
    if (patterns[i].status.empty()) {
      errors.Required(at + ".status", "valid values: [\"False\" \"True\" \"Unknown\"]");
    } else if (std::ranges::find(kStatuses, patterns[i].status) == std::end(kStatuses)) {
      errors.Unsupported(at + ".status", patterns[i].status, kStatuses);
    }
  }
}

void ValidateFailureRule(const api::JobSpec& spec, const api::PodFailurePolicyRule& rule,
                         const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kActions[] = {"Count", "FailIndex", "FailJob", "Ignore"};
  if (rule.action.empty()) {
    errors.Required(path + ".action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
  } else if (rule.action == "FailIndex" && !spec.backoff_limit_per_index) {
    errors.Invalid(path + ".action", rule.action, "requires the backoffLimitPerIndex to be set");
  } else if (std::ranges::find(kActions, rule.action) == std::end(kActions)) {
    errors.Unsupported(path + ".action", rule.action, kActions);
  }
  const bool conditions = !rule.on_pod_conditions.empty();
  if (rule.on_exit_codes) ValidateExitCodes(spec, *rule.on_exit_codes, path + ".onExitCodes", errors);
  if (conditions) ValidatePatterns(rule.on_pod_conditions, path + ".onPodConditions", errors);
  if (rule.on_exit_codes && conditions)
    errors.InvalidWithoutValue(path, "specifying both OnExitCodes and OnPodConditions is not supported");
  if (!rule.on_exit_codes && !conditions)
    errors.InvalidWithoutValue(path, "specifying one of OnExitCodes and OnPodConditions is required");
}

void ValidateSuccessRule(const api::JobSpec& spec, const api::SuccessPolicyRule& rule,
                         const std::string& path, FieldErrors& errors) {
  const int32_t completions = spec.completions.value_or(0);
  if (!rule.succeeded_indexes && !rule.succeeded_count) {
    return errors.Required(path, "at least one of succeededCount or succeededIndexes must be specified");
  }
  int32_t indexes_count = 0;
  if (rule.succeeded_indexes) {
    const std::string& indexes = *rule.succeeded_indexes;
    if (indexes.size() > kMaxIndexesBytes) errors.TooLong(path + ".succeededIndexes", kMaxIndexesBytes);
    const auto count = CountIndexes(indexes, completions);
    if (count.ok()) {
      indexes_count = *count;
    } else {
      errors.Invalid(path + ".succeededIndexes", indexes.substr(0, 200),
                     "error parsing succeededIndexes: " + count.error().message);
    }
  }
  const std::string at = path + ".succeededCount";
  errors.NonNegative(at, rule.succeeded_count);
  const auto at_most = [&](int32_t most, std::string_view what) {
    if (rule.succeeded_count.value_or(0) <= most) return;
    errors.Invalid(at, *rule.succeeded_count,
                   fmt::format("must be less than or equal to {} (the number of {})", most, what));
  };
  at_most(completions, "specified completions");
  if (indexes_count > 0) at_most(indexes_count, "indexes in the specified succeededIndexes field");
}

Result<int32_t> ParseIndex(std::string_view text, int32_t completions) {
  int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return Error{Code::kInvalid, fmt::format("cannot convert string to integer for index: \"{}\"", text)};
  }
  if (index >= completions) return Error{Code::kInvalid, fmt::format("too large index: \"{}\"", text)};
  return static_cast<int32_t>(index);
}

// Adds the indexes of one fragment, `5` or `3-5`, to `count`; `previous` is the last index before it.
Result<void> CountFragment(std::string_view fragment, int32_t completions, int64_t& previous,
                           int32_t& count) {
  if (std::ranges::count(fragment, '-') > 1) {
    return Error{
        Code::kInvalid,
        fmt::format(
            "the fragment \"{}\" violates the requirement that an index interval can have at most two "
            "parts separated by '-'",
            fragment)};
  }
  const size_t dash = fragment.find('-');
  ASSIGN_OR_RETURN(const int32_t first, ParseIndex(fragment.substr(0, dash), completions));
  if (previous >= first)
    return Error{Code::kInvalid,
                 fmt::format("non-increasing order, previous: {}, current: {}", previous, first)};
  previous = first;
  ++count;
  if (dash == std::string_view::npos) return {};
  ASSIGN_OR_RETURN(const int32_t last, ParseIndex(fragment.substr(dash + 1), completions));
  if (first >= last)
    return Error{Code::kInvalid, fmt::format("non-increasing order, previous: {}, current: {}", first, last)};
  count += last - first;
  previous = last;
  return {};
}

}  // namespace

Result<int32_t> CountIndexes(std::string_view text, int32_t completions) {
  int32_t count = 0;
  if (text.empty()) return count;
  int64_t previous = -1;
  for (;;) {
    const size_t comma = text.find(',');
    RETURN_IF_ERROR(CountFragment(text.substr(0, comma), completions, previous, count));
    if (comma == std::string_view::npos) return count;
    text.remove_prefix(comma + 1);
  }
}

void ValidatePodFailurePolicy(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  const auto& rules = spec.pod_failure_policy->rules;
  if (rules.size() > kMaxRules) errors.TooMany(path + ".rules", rules.size(), kMaxRules);
  for (size_t i = 0; i < rules.size(); ++i)
    ValidateFailureRule(spec, rules[i], At(path + ".rules", i), errors);
}

void ValidateSuccessPolicy(const api::JobSpec& spec, const std::string& path, FieldErrors& errors) {
  if (!api::IsIndexed(spec))
    return errors.InvalidRaw(path, ToJson(spec.success_policy), "requires indexed completion mode");
  const auto& rules = spec.success_policy->rules;
  if (rules.empty())
    errors.Required(path + ".rules",
                    "at least one rules must be specified when the successPolicy is specified");
  if (rules.size() > kMaxRules) errors.TooMany(path + ".rules", rules.size(), kMaxRules);
  for (size_t i = 0; i < rules.size(); ++i)
    ValidateSuccessRule(spec, rules[i], At(path + ".rules", i), errors);
}

}  // namespace belfry::manifest
