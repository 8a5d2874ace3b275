#include "rules/unittest/test_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace belfry::unittest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> ProblemsOf(std::string_view text, const TestFileOptions& options = {}) {
  std::vector<std::string> lines;
  for (const rule::Problem& problem : ParseTestFile("t.yaml", text, options).problems)
    lines.push_back(problem.ToString());
  return lines;
}

TEST(TestFile, ReadsEveryField) {
  const ParsedTestFile parsed = ParseTestFile("t.yaml", R"(rule_files: [a.yaml, "b/*.yaml"]
evaluation_interval: 30s
group_eval_order: [two, one]
fuzzy_compare: true
tests:
- name: first
  interval: 15s
  start_timestamp: 2026-01-01T00:00:00Z
  external_labels: {cluster: c}
  external_url: http://x
  input_series:
  - {series: up, values: 1x2}
  alert_rule_test:
  - eval_time: 5m
    alertname: Down
    exp_alerts:
    - exp_labels: {job: a}
      exp_annotations: {text: b}
  promql_expr_test:
  - expr: up
    eval_time: 1m
    exp_samples: [{labels: up, value: 1}]
- {}
)");
  ASSERT_TRUE(parsed.ok()) << parsed.problems[0].ToString();
  TestFile want{.rule_files = {"a.yaml", "b/*.yaml"},
                .evaluation_interval = seconds(30),
                .group_eval_order = {"two", "one"},
                .fuzzy_compare = true};
  want.tests.push_back(
      {.name = "first",
       .interval = seconds(15),
       .start = *ParseRfc3339("2026-01-01T00:00:00Z"),
       .series = {{.series = "up", .values = {{.count = 3, .start = 1}}, .position = {12, 14}}},
       .alerts = {{.eval_time = minutes(5),
                   .alertname = "Down",
                   .alerts = {{.labels = {{"job", "a"}}, .annotations = {{"text", "b"}}}},
                   .position = {14, 5}}},
       .exprs = {{.expr = "up",
                  .eval_time = minutes(1),
                  .samples = {{.labels = "up", .value = 1}},
                  .position = {20, 11}}},
       .external_labels = {{"cluster", "c"}},
       .external_url = "http://x"});
  want.tests.push_back({.interval = seconds(30)});  // the file's
  EXPECT_EQ(parsed.file, want);
}

TEST(TestFile, NamesEveryMistakeWithItsPlace) {
  EXPECT_THAT(ProblemsOf(R"(rule_file: [a]
evaluation_interval: 5
group_eval_order: [a, b, a]
fuzzy_compare: maybe
tests:
- interval: 1m
  interval: 2m
  oops: 1
  start_timestamp: yesterday
  input_series:
  - {series: up, values: "1 2y"}
  - {series: up, values: "{{sum:1}}"}
  - {series: [up]}
  alert_rule_test:
  - {eval_time: -5m}
  promql_expr_test:
  - exp_samples: [{value: NaN}, {value: "1"}, {histogram: "{{}}"}]
)"),
              ElementsAre("t.yaml: 1:1: field rule_file not found in test file",
                          HasSubstr("t.yaml: 2:22: evaluation_interval: "),
                          "t.yaml: 3:26: group name repeated in evaluation order: a",
                          "t.yaml: 4:16: fuzzy_compare: expected true or false, found \"maybe\"",
                          "t.yaml: 7:3: key \"interval\" is repeated in test group",
                          "t.yaml: 8:3: field oops not found in test group",
                          HasSubstr("t.yaml: 9:20: start_timestamp: expected an RFC 3339 time"),
                          HasSubstr("t.yaml: 11:26: values: column 3: \"2y\" is no sample"),
                          "t.yaml: 12:26: values: column 1: native histograms are not supported, only floats",
                          "t.yaml: 13:14: series: expected text, found a list",
                          HasSubstr("t.yaml: 15:17: eval_time: "),
                          "t.yaml: 15:5: an item under alert_rule_test misses required attribute alertname",
                          HasSubstr("t.yaml: 17:27: value: expected a number"),
                          HasSubstr("t.yaml: 17:41: value: expected a number"),
                          "t.yaml: 17:47: histogram: native histograms are not supported, only floats"));
}

TEST(TestFile, PassesUnknownFieldsOverWhereAsked) {
  const char* text = "more: 1\ntests: [{extra: {a: b}, interval: 1m}]";
  EXPECT_THAT(ProblemsOf(text), SizeIs(2));
  EXPECT_THAT(ProblemsOf(text, {.ignore_unknown_fields = true}), IsEmpty());
}

TEST(TestFile, ReadsNumbersAsYamlHasThem) {
  const auto value = [](const std::string& text) {
    const auto parsed =
        ParseTestFile("t.yaml", "tests: [{promql_expr_test: [{exp_samples: [{value: " + text + "}]}]}]");
    return parsed.ok() ? parsed.file.tests[0].exprs[0].samples[0].value : -1;
  };
  EXPECT_EQ(value("1.5e3"), 1500);
  EXPECT_EQ(value("-2"), -2);
  EXPECT_EQ(value("0x10"), 16);
  EXPECT_EQ(value("1_000"), 1000);
  EXPECT_EQ(value(".inf"), INFINITY);
  EXPECT_EQ(value("-.Inf"), -INFINITY);
  EXPECT_TRUE(std::isnan(value(".nan")));
  EXPECT_EQ(value("~"), 0);
  for (const char* bad : {"Inf", "NaN", "\"1\"", "one", "1h", "[1]"}) EXPECT_EQ(value(bad), -1) << bad;
}

TEST(TestFile, TakesAnchorsAndMergeKeys) {
  const auto parsed = ParseTestFile("t.yaml", R"(tests:
- external_labels: &base {a: "1", b: "2"}
- external_labels: {<<: *base, b: "3"}
)");
  ASSERT_TRUE(parsed.ok()) << parsed.problems[0].ToString();
  EXPECT_EQ(parsed.file.tests[1].external_labels, (rule::TextMap{{"a", "1"}, {"b", "3"}}));
}

TEST(TestFile, SurvivesHostileText) {
  EXPECT_THAT(ProblemsOf(""), IsEmpty());
  EXPECT_THAT(ProblemsOf("tests:\n- &a {input_series: [*a, *a]}"), testing::Not(IsEmpty()));
  EXPECT_THAT(ProblemsOf("[1, 2]"), ElementsAre(HasSubstr("expected a map with `tests`, found a list")));
  EXPECT_THAT(ProblemsOf("tests: [" + std::string(100'000, '[')), SizeIs(1));
  EXPECT_THAT(ProblemsOf(std::string("\x00\x01\xff", 3)), testing::Not(IsEmpty()));
  EXPECT_THAT(ProblemsOf("tests: [{interval: 1m"), SizeIs(1));
  // Each level ten times the one below: a billion values in a few hundred bytes.
  std::string laughs = "a0: &a0 {series: up}\n";
  for (int i = 1; i < 9; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += "*a" + std::to_string(i - 1) + (j < 9 ? "," : "]\n");
  }
  EXPECT_THAT(ProblemsOf(laughs + "tests: *a8"), testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace belfry::unittest
