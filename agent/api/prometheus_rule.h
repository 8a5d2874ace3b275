// monitoring.coreos.com/v1 PrometheusRule: rule groups as an object. What they mean is the rule engine's
// business (rules/).
#pragma once

#include <string>
#include <vector>

#include "agent/api/meta.h"

namespace belfry::api {

struct Rule {
  std::string record;
  std::string alert;
  std::string expr;
  std::string for_duration;  // "for"
  std::string keep_firing_for;
  StringMap labels;
  StringMap annotations;

  bool operator==(const Rule&) const = default;
};

struct RuleGroup {
  std::string name;
  std::string interval;
  std::string query_offset;
  int64_t limit = 0;
  StringMap labels;
  std::vector<Rule> rules;

  bool operator==(const RuleGroup&) const = default;
};

struct PrometheusRule {
  static constexpr Kind kKind = Kind::kPrometheusRule;
  ObjectMeta metadata;
  std::vector<RuleGroup> groups;
  Kept kept;

  bool operator==(const PrometheusRule&) const = default;
};

}  // namespace belfry::api
