// One test group: series in, rules evaluated over virtual time, expectations compared.
// Source: the order of events of promtool's unit tests (docs/rules.md).
#pragma once

#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "rules/rule/group_spec.h"
#include "rules/unittest/test_file.h"

namespace belfry::unittest {

// How a failure is shown.
enum class FailureText { kBothAndDiff, kDiffOnly };

struct GroupRunOptions {
  const Clock& clock;  // for measuring
  promql::Dialect dialect = promql::Dialect::kPrometheus3;
  FailureText text = FailureText::kBothAndDiff;
};

// The failures, worded as promtool words them, several lines each; empty: passed. `rules` are in the order of
// evaluation. Of `file` the interval and fuzzy_compare count.
std::vector<std::string> RunTestGroup(const TestGroup& group, const TestFile& file,
                                      const std::vector<rule::GroupSpec>& rules,
                                      const GroupRunOptions& options);

// `groups` in the order that `order` asks for: a group that is not listed ranks like the first that is.
std::vector<rule::GroupSpec> InEvaluationOrder(std::vector<rule::GroupSpec> groups,
                                               const std::vector<std::string>& order);

}  // namespace belfry::unittest
