// What is valid and yet hardly meant.
// Source: `promtool check rules --lint`; the findings beyond duplicate-rules are our own (docs/rules.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule/rule_file.h"

namespace belfry::rule {

struct LintChecks {
  bool duplicate_rules = true;  // two rules with one name and the same labels
  bool cycles = false;          // a recording rule that reads what it records, by itself or by others
  bool result_type = false;     // an expression that is text or a range: every evaluation fails
  bool bool_alerts = false;     // an alert on a comparison with `bool`: it fires for 0 as well
  bool value_labels = false;    // a label made of $value: a new alert each time, which never reaches `for`
};

// The names of --lint, comma separated: all, none, duplicate-rules, cycles, result-type, bool-alerts,
// value-labels. Those that are not known go to `unknown`.
LintChecks ParseLintChecks(std::string_view text, std::vector<std::string>& unknown);

// The findings of a file without problems, each ready to be printed (several lines may be one finding).
std::vector<std::string> Lint(const RuleFile& file, const LintChecks& checks,
                              const CheckOptions& options = {});

}  // namespace belfry::rule
