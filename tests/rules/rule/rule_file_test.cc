#include "rules/rule/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::rule {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> ProblemsOf(std::string_view text, const CheckOptions& options = {}) {
  std::vector<std::string> lines;
  for (const Problem& problem : ParseRuleFile("r.yaml", text, options).problems)
    lines.push_back(problem.ToString());
  return lines;
}

constexpr std::string_view kGood = R"(groups:
  - name: batch
    interval: 30s
    query_offset: 10s
    limit: 5
    labels: {team: data, severity: info}
    rules:
      - record: job:failed:sum
        expr: sum(failed)
        labels: {a: b}
      - alert: Down
        expr: up == 0
        for: 1h30m
        keep_firing_for: 5m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.instance }} is down"}
)";

TEST(RuleFile, ReadsEveryField) {
  const RuleFile file = ParseRuleFile("r.yaml", kGood);
  ASSERT_TRUE(file.ok()) << file.problems[0].ToString();
  ASSERT_THAT(file.groups, SizeIs(1));
  const GroupSpec want{.file = "r.yaml",
                       .name = "batch",
                       .interval = seconds(30),
                       .query_offset = seconds(10),
                       .limit = 5,
                       .rules = {{.record = "job:failed:sum",
                                  .expr = "sum(failed)",
                                  .labels = {{"a", "b"}, {"severity", "info"}, {"team", "data"}}},
                                 {.alert = "Down",
                                  .expr = "up == 0",
                                  .for_duration = minutes(90),
                                  .keep_firing_for = minutes(5),
                                  .labels = {{"severity", "page"}, {"team", "data"}},
                                  .annotations = {{"summary", "{{ $labels.instance }} is down"}}}}};
  EXPECT_EQ(file.groups[0], want);
}

TEST(RuleFile, AcceptsWhatIsEmpty) {
  for (const char* text :
       {"", "\n", "# nothing\n", "---\n", "groups: []", "groups:", "{}", "groups: [{name: g}]",
        "groups: [{name: g, rules: []}]", R"({"groups": [{"name": "g", "rules": null}]})"}) {
    EXPECT_THAT(ProblemsOf(text), IsEmpty()) << text;
  }
}

TEST(RuleFile, AcceptsNumbersWhereTextIsMeant) {
  EXPECT_THAT(
      ProblemsOf("groups: [{name: g, rules: [{alert: A, expr: 1, for: 0, labels: {n: 5, b: true}}]}]"),
      IsEmpty());
}

TEST(RuleFile, ReadsObjectsListsAndSeveralDocuments) {
  const RuleFile file = ParseRuleFile("k.yaml", R"(apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: one, namespace: mon}
spec:
  groups:
    - name: g
      partial_response_strategy: warn
      rules: [{record: a, expr: 1}]
status: {anything: true}
---
groups: [{name: plain, rules: [{record: b, expr: 2}]}]
---
apiVersion: v1
kind: List
items:
  - apiVersion: monitoring.coreos.com/v1
    kind: PrometheusRule
    metadata: {name: two}
    spec: {groups: [{name: g, rules: [{alert: C, expr: up}]}]}
)");
  ASSERT_TRUE(file.ok()) << file.problems[0].ToString();
  ASSERT_THAT(file.groups, SizeIs(3));
  EXPECT_EQ(file.groups[0].file, "k.yaml:mon/one");
  EXPECT_EQ(file.groups[1].file, "k.yaml");
  EXPECT_EQ(file.groups[2].file, "k.yaml:two");
  EXPECT_EQ(file.groups[2].rules[0].alert, "C");
}

TEST(RuleFile, FindsEveryMistakeAtOnce) {
  EXPECT_THAT(
      ProblemsOf(R"(groups:
- name: g
  rules:
  - alert: A
    expr: "up ="
  - record: x
    alert: y
    expr: up
  - expr: up
  - alert: B
  - record: r
    expr: up
    for: 5m
    annotations: {a: b}
  - alert: C
    expr: up
    labels: {"__name__": x, bad: "{{ foo }}", ok: "{{ $x }}"}
    annotations: {s: "{{ if }}"}
- name: g
  rules: []
- name: ""
)"),
      ElementsAre(HasSubstr("r.yaml: 5:11: group \"g\", rule 1, \"A\": could not parse expression: 1:"),
                  "r.yaml: 7:12: group \"g\", rule 2, \"y\": only one of 'record' and 'alert' must be set",
                  "r.yaml: 9:5: group \"g\", rule 3, \"\": one of 'record' or 'alert' must be set",
                  "r.yaml: 10:5: group \"g\", rule 4, \"B\": field 'expr' must be set in rule",
                  "r.yaml: 11:13: group \"g\", rule 5, \"r\": invalid field 'annotations' in recording rule",
                  "r.yaml: 11:13: group \"g\", rule 5, \"r\": invalid field 'for' in recording rule",
                  "r.yaml: 15:5: group \"g\", rule 6, \"C\": invalid label name: __name__",
                  "r.yaml: 15:5: group \"g\", rule 6, \"C\": label \"bad\": template: __alert_C:1: function "
                  "\"foo\" not defined",
                  "r.yaml: 15:5: group \"g\", rule 6, \"C\": label \"ok\": template: __alert_C:1: undefined "
                  "variable \"$x\"",
                  "r.yaml: 15:5: group \"g\", rule 6, \"C\": annotation \"s\": template: __alert_C:1: "
                  "missing value for if",
                  "r.yaml: 19:3: groupname: \"g\" is repeated in the same file",
                  "r.yaml: 21:3: Groupname must not be empty"));
}

TEST(RuleFile, AppliesTheRulesForNamesOfTheDialect) {
  const char* text = "groups: [{name: g, rules: [{record: a-b, expr: up, labels: {\"l-1\": x}}]}]";
  EXPECT_THAT(ProblemsOf(text), IsEmpty());
  EXPECT_THAT(
      ProblemsOf(text, {.dialect = promql::Dialect::kPrometheus2}),
      ElementsAre(HasSubstr("invalid recording rule name: a-b"), HasSubstr("invalid label name: l-1")));
  EXPECT_THAT(ProblemsOf("groups: [{name: g, rules: [{record: \"a{b\", expr: up}]}]"),
              ElementsAre(HasSubstr("invalid recording rule name: a{b")));
}

TEST(RuleFile, RefusesWhatItDoesNotKnow) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"groups: [{name: g, foo: 1}]", "r.yaml: 1:20: field foo not found in group"},
      {"group: []", "r.yaml: 1:1: field group not found in rule file"},
      {"groups: [{name: g, rules: [{alert: A, expr: up, forr: 5m}]}]", "field forr not found in rule"},
      {"groups: [{name: g, partial_response_strategy: warn}]",
       "field partial_response_strategy not found in group"},
      {"groups: [{name: g, name: h}]", "1:20: key \"name\" is repeated in group"},
      {"groups: [{name: g, labels: {a: 1, a: 2}}]", "key \"a\" is repeated in labels"},
      {"groups: {a: b}", "groups: expected a list, found a map"},
      {"- a", "expected a map with `groups`, found a list"},
      {"just text", "expected a map with `groups`, found \"just text\""},
      {"groups: [x]", "group: expected a map, found \"x\""},
      {"groups: [{name: [g]}]", "name: expected text, found a list"},
      {"groups: [{name: g, limit: x}]", "limit: expected a whole number, found \"x\""},
      {"groups: [{name: g, interval: 5 minutes}]", "invalid field 'interval'"},
      {"groups: [{name: g, rules: [{alert: A, expr: up, for: 5}]}]", "invalid field 'for'"},
      {"groups: [{name: g, rules: [{alert: A, expr: up, for: -5m}]}]", "invalid field 'for'"},
      {"groups: [{name: g, rules: [{alert: A, expr: up, keep_firing_for: 1.5h}]}]",
       "invalid field 'keep_firing_for'"},
      {"a: [", "yaml: "},
      {"kind: Deployment", "kind \"Deployment\" holds no rules"},
      {"{kind: PrometheusRule, apiVersion: v1, spec: {}}",
       "apiVersion of a PrometheusRule is monitoring.coreos.com/v1"},
      {"{kind: List, items: [{kind: Pod}]}", "items: expected a PrometheusRule"},
      {"{kind: PrometheusRule, apiVersion: monitoring.coreos.com/v1, spec: {group: []}}",
       "field group not found in spec"},
  };
  for (const auto& c : cases) EXPECT_THAT(ProblemsOf(c.text), Contains(HasSubstr(c.problem))) << c.text;
}

TEST(RuleFile, IsBoundedAgainstHostileText) {
  EXPECT_THAT(ProblemsOf(std::string(50 << 20, 'a')), ElementsAre(HasSubstr("longer than 16777216 bytes")));
  EXPECT_THAT(ProblemsOf(std::string("groups:\0", 8)), ElementsAre(HasSubstr("not a text file")));
  EXPECT_THAT(ProblemsOf("groups: " + std::string(100'000, '[')), SizeIs(1));
  EXPECT_THAT(
      ProblemsOf("groups: [{name: g, rules: [{alert: A, expr: \"" + std::string(1 << 20, '(') + "\"}]}]"),
      SizeIs(1));
  EXPECT_THAT(ProblemsOf("groups: [{name: g, rules: [{alert: A, expr: \"1" + std::string((1 << 20) - 1, ' ') +
                         "+1\"}]}]"),
              SizeIs(1));
  // Each level ten times the one before: a thousand million rules if it were followed.
  std::string bomb = "groups:\n- name: g\n  rules: &a0\n";
  for (int i = 0; i < 10; ++i) bomb += "  - &r {alert: A, expr: up}\n";
  for (int level = 1; level < 8; ++level) {
    bomb += "- name: g" + std::to_string(level) + "\n  rules: &a" + std::to_string(level) + "\n";
    for (int i = 0; i < 10; ++i) bomb += "  - *a" + std::to_string(level - 1) + "\n";
  }
  EXPECT_FALSE(ParseRuleFile("r.yaml", bomb).ok());
  std::string binary;
  for (int i = 1; i < 256; ++i) binary += static_cast<char>(i);
  EXPECT_FALSE(ParseRuleFile("r.yaml", binary).ok());
  const std::string good(kGood);
  for (size_t i = 0; i < good.size(); ++i) ParseRuleFile("r.yaml", good.substr(0, i));
}

// yaml-cpp reads empty documents for ever behind a comma that belongs to nothing.
TEST(RuleFile, StrayCommaEnds) {
  const RuleFile file = ParseRuleFile("r.yaml", "groups: []\n---\n,");
  ASSERT_THAT(file.problems, SizeIs(1));
  EXPECT_EQ(file.problems[0].position.line, 3u);
  EXPECT_THAT(file.problems[0].message, HasSubstr("yaml: more values than the text has room for"));
}

TEST(CheckGroup, ChecksGroupsThatComeFromObjects) {
  GroupText group{.file = "mon/batch", .name = "g", .interval = "1m"};
  group.rules.push_back({.alert = "A", .expr = "up", .for_duration = "5m"});
  EXPECT_EQ(CheckGroup(group).spec.rules[0].for_duration, minutes(5));
  group.rules.push_back({.alert = "B", .expr = "up)"});
  const CheckedGroup checked = CheckGroup(group);
  ASSERT_THAT(checked.problems, SizeIs(1));
  EXPECT_THAT(ToError(checked.problems).message,
              HasSubstr("mon/batch: group \"g\", rule 2, \"B\": could not parse expression"));
}

}  // namespace
}  // namespace belfry::rule
