// Rule groups: as written, and checked.
// Source: Prometheus' recording and alerting rule files; PrometheusRule of monitoring.coreos.com/v1.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "rules/promql/ast.h"

namespace belfry::rule {

using TextMap = std::map<std::string, std::string, std::less<>>;

// Where something stands in its file, from 1; 0: unknown.
struct TextPosition {
  size_t line = 0;
  size_t column = 0;

  bool operator==(const TextPosition&) const = default;
};

// A rule as written; empty text: the field is absent.
struct RuleText {
  std::string record;
  std::string alert;
  std::string expr;
  std::string for_duration;
  std::string keep_firing_for;
  TextMap labels;
  TextMap annotations;
  TextPosition position;
  TextPosition name_position;
  TextPosition expr_position;

  bool operator==(const RuleText&) const = default;
};

struct GroupText {
  std::string file;  // or the object's `namespace/name`: with the name the identity of the group
  std::string name;
  std::string interval;
  std::string query_offset;
  int64_t limit = 0;
  TextMap labels;
  std::vector<RuleText> rules;
  TextPosition position;

  bool operator==(const GroupText&) const = default;
};

// A rule that has passed every check. Exactly one of `record` and `alert` is set.
struct RuleSpec {
  std::string record;
  std::string alert;
  std::string expr;
  Duration for_duration{0};
  Duration keep_firing_for{0};
  TextMap labels;  // those of the group merged in
  TextMap annotations;

  const std::string& name() const { return alert.empty() ? record : alert; }
  bool operator==(const RuleSpec&) const = default;
};

struct GroupSpec {
  std::string file;
  std::string name;
  Duration interval{0};      // 0: the engine's default
  Duration query_offset{0};  // expressions are evaluated this much in the past
  int64_t limit = 0;         // most alerts or series of one rule; ≤ 0: none
  std::vector<RuleSpec> rules;

  bool operator==(const GroupSpec&) const = default;
};

// One mistake, worded as promtool words it.
struct Problem {
  std::string file;
  TextPosition position;
  std::string group;
  size_t rule = 0;  // from 1; 0: the group itself
  std::string name;
  std::string message;
  std::string excerpt;  // of an expression: the line of text and a caret below; may be empty

  // `FILE: line:col: group "g", rule N, "name": message`, without what is not known.
  std::string ToString() const;
  bool operator==(const Problem&) const = default;
};

struct CheckOptions {
  promql::Dialect dialect = promql::Dialect::kPrometheus3;
  bool ignore_unknown_fields = false;  // of rule files
};

struct CheckedGroup {
  GroupSpec spec;  // meaningful if there are no problems
  std::vector<Problem> problems;
};

// Every mistake of the group at once: names, durations, labels, expressions, templates.
CheckedGroup CheckGroup(const GroupText& group, const CheckOptions& options = {});

// The same for a list that belongs to one file or object: also names that repeat.
struct CheckedGroups {
  std::vector<GroupSpec> groups;  // the good ones, in order
  std::vector<Problem> problems;
};
CheckedGroups CheckGroups(const std::vector<GroupText>& groups, const CheckOptions& options = {});

// All problems, a line each. Requires: at least one.
Error ToError(const std::vector<Problem>& problems);

}  // namespace belfry::rule
