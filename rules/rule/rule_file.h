// Rule files: text to checked groups.
// Source: Prometheus' rule files (strict: unknown and repeated keys are errors); PrometheusRule objects,
// lists of them and several documents in one file, which Prometheus itself does not read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule/group_spec.h"

namespace belfry::rule {

inline constexpr size_t kMaxRuleFileBytes = 16 << 20;

struct RuleFile {
  std::vector<GroupSpec> groups;  // those without problems, in order
  std::vector<GroupText> texts;   // all of them, as written
  std::vector<Problem> problems;  // all of them; one is enough to refuse the file

  bool ok() const { return problems.empty(); }
};

// `file` names the text in problems and in the groups' identity; where a file holds several objects,
// `file:namespace/name`. An empty text, `groups: []` and a group without rules are fine. JSON is YAML.
RuleFile ParseRuleFile(const std::string& file, std::string_view text, const CheckOptions& options = {});

}  // namespace belfry::rule
