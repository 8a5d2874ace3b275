// Rules ready to be evaluated: expression and templates parsed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/shared_value.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"
#include "rules/promql/ast.h"
#include "rules/rule/group_spec.h"
#include "rules/template/template.h"

namespace belfry::rule {

using NamedTemplates = std::vector<std::pair<std::string, tmpl::Template>>;

struct AlertingRule {
  std::string name;
  Duration hold{0};         // `for`
  Duration keep_firing{0};  // `keep_firing_for`
  NamedTemplates labels;
  NamedTemplates annotations;
  // They show nothing but labels that the alert has as well: they stay as long as its labels do.
  bool annotations_of_labels = false;
  SharedValue<std::string> generator_url;
  int64_t limit = 0;  // ≤ 0: none
};

struct RecordingRule {
  std::string name;
  model::Labels labels;
  std::vector<std::string> removed;  // labels that the rule takes away by giving them no value
  int64_t limit = 0;
};

struct Rule {
  RuleSpec spec;
  std::shared_ptr<const promql::Expr> expr;
  std::variant<AlertingRule, RecordingRule> kind;

  const AlertingRule* alerting() const { return std::get_if<AlertingRule>(&kind); }
  const RecordingRule* recording() const { return std::get_if<RecordingRule>(&kind); }
  // Name and labels: what a rule is recognised by after a reload or restart.
  std::string Identity() const;
};

// Errors: kInvalid what CheckGroup would have found.
Result<Rule> Compile(const RuleSpec& spec, int64_t limit, promql::Dialect dialect,
                     std::string_view external_url);

}  // namespace belfry::rule
