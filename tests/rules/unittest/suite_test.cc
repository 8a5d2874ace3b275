#include "rules/unittest/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"

namespace belfry::unittest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kRules = R"(groups:
- name: g
  rules:
  - record: double
    expr: up * 2
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: page}
    annotations: {text: "{{ $labels.job }} is down"}
)";

class SuiteTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(files_.WriteFileAtomically(path, text).ok());
  }
  std::vector<SuiteReport> Run(const std::vector<std::string>& paths, std::vector<std::string> names = {}) {
    options_.names = std::move(names);
    auto reports = RunTestFiles(files_, paths, options_, [this](Stream stream, std::string_view text) {
      (stream == Stream::kOutput ? out_ : err_) += text;
    });
    EXPECT_TRUE(reports.ok());
    return *reports;
  }
  // The failures of one file with these test groups.
  std::vector<std::string> FailuresOf(const std::string& tests, const std::string& head = "") {
    Write("/w/rules.yaml", kRules);
    Write("/w/t.yaml", "rule_files: [rules.yaml]\n" + head + "tests:\n" + tests);
    std::vector<std::string> all;
    for (const SuiteReport& report : Run({"/w/t.yaml"})) {
      all.insert(all.end(), report.errors.begin(), report.errors.end());
      for (const CaseReport& one : report.cases)
        all.insert(all.end(), one.failures.begin(), one.failures.end());
    }
    return all;
  }

  FakeFileSystem files_;
  FakeEventLoop clock_{FromUnixSeconds(1'767'225'600)};
  SuiteOptions options_{.run = {.clock = clock_}};
  std::string out_;
  std::string err_;
};

TEST_F(SuiteTest, TellsSuccessAndFailureAsPromtoolDoes) {
  EXPECT_THAT(FailuresOf(R"(- interval: 1m
  input_series: [{series: 'up{job="a"}', values: 1 0x5}]
  promql_expr_test:
  - {expr: double, eval_time: 0, exp_samples: [{labels: 'double{job="a"}', value: 2}]}
)"),
              IsEmpty());
  EXPECT_EQ(out_, "Unit Testing:  /w/t.yaml\n  SUCCESS\n\n");
  EXPECT_EQ(err_, "");
  out_.clear();
  EXPECT_THAT(FailuresOf(R"(- interval: 1m
  name: n
  input_series: [{series: 'up{job="a"}', values: 1 0x5}]
  alert_rule_test:
  - eval_time: 3m
    alertname: Down
    exp_alerts: [{exp_labels: {job: a, severity: warning}, exp_annotations: {text: a is down}}]
)"),
              SizeIs(1));
  EXPECT_EQ(out_, "Unit Testing:  /w/t.yaml\n\n");
  EXPECT_EQ(err_, R"(  FAILED:
    name: n,
    alertname: Down, time: 3m, 
        exp:[
            0:
              Labels:{alertname="Down", job="a", severity="warning"}
              Annotations:{text="a is down"}
            ], 
        got:[
            0:
              Labels:{alertname="Down", job="a", severity="page"}
              Annotations:{text="a is down"}
            ]
        diff (- expected, + got):
            Labels:{alertname="Down", job="a", severity="warning"}
            - severity="warning"
            + severity="page"
)");
}

TEST_F(SuiteTest, FuzzyCompareForgivesTheLastPlaceOnly) {
  const std::string tests = R"(- promql_expr_test:
  - {expr: 0.1 + 0.2, exp_samples: [{value: 0.3}]}
)";
  EXPECT_THAT(FailuresOf(tests), SizeIs(1));
  EXPECT_THAT(FailuresOf(tests, "fuzzy_compare: true\n"), IsEmpty());
  EXPECT_THAT(FailuresOf("- promql_expr_test: [{expr: 0.1 + 0.2, exp_samples: [{value: 0.3001}]}]\n",
                         "fuzzy_compare: true\n"),
              SizeIs(1));
  EXPECT_THAT(FailuresOf("- promql_expr_test: [{expr: NaN, exp_samples: [{value: .nan}]}]\n",
                         "fuzzy_compare: true\n"),
              SizeIs(1));
}

TEST_F(SuiteTest, TimeCountsFromTheStartTimestamp) {
  EXPECT_THAT(FailuresOf(R"(- start_timestamp: 2026-01-01T00:00:00Z
  input_series: [{series: 'up{job="a"}', values: 0x9}]
  promql_expr_test:
  - {expr: time(), eval_time: 1m, exp_samples: [{value: 1767225660}]}
  - {expr: timestamp(up), eval_time: 1m, exp_samples: [{labels: '{job="a"}', value: 1767225660}]}
  alert_rule_test:
  - eval_time: 2m
    alertname: Down
    exp_alerts: [{exp_labels: {job: a, severity: page}, exp_annotations: {text: a is down}}]
- start_timestamp: 1000
  promql_expr_test: [{expr: time(), eval_time: 1m, exp_samples: [{value: 1060}]}]
)"),
              IsEmpty());
}

TEST_F(SuiteTest, TheDialectDecidesTheWindow) {
  const std::string tests = R"(- input_series: [{series: a, values: 1 _x10}]
  promql_expr_test: [{expr: a, eval_time: 5m, exp_samples: [{labels: a, value: 1}]}]
)";
  EXPECT_THAT(FailuresOf(tests), SizeIs(1));
  options_.run.dialect = promql::Dialect::kPrometheus2;
  EXPECT_THAT(FailuresOf(tests), IsEmpty());
}

TEST_F(SuiteTest, LoadsMoreThanPromtoolsTenThousandSamples) {
  std::string tests =
      "- promql_expr_test: [{expr: count(m), exp_samples: [{labels: '{}', value: 12000}]}]\n"
      "  input_series:\n";
  for (int i = 0; i < 12'000; ++i) tests += "  - {series: 'm{i=\"" + std::to_string(i) + "\"}', values: 1}\n";
  EXPECT_THAT(FailuresOf(tests), IsEmpty());
}

TEST_F(SuiteTest, RulesComeFromGlobsInFoldersAndFromObjects) {
  Write("/w/a/one.yaml", "groups: [{name: a, rules: [{record: x, expr: 1}]}]");
  Write("/w/b/two.yaml", R"({apiVersion: monitoring.coreos.com/v1, kind: PrometheusRule, metadata: {name: n},
    spec: {groups: [{name: a, rules: [{record: y, expr: 2}]}]}})");
  Write("/w/t.yaml", R"(rule_files: ["*/*.yaml", a/one.yaml, "none/*.yaml"]
tests:
- promql_expr_test:
  - {expr: x + y, exp_samples: [{labels: '{}', value: 3}]}
)");
  const auto reports = Run({"/w/t.yaml"});
  EXPECT_TRUE(reports[0].ok()) << err_;
  EXPECT_EQ(err_, "  WARNING: no file match pattern /w/none/*.yaml\n");
}

TEST_F(SuiteTest, BrokenRulesFailTheFileOnceAndOnlyIfThereAreTests) {
  Write("/w/bad.yaml", "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'up ='}\n");
  Write("/w/t.yaml", "rule_files: [bad.yaml]\ntests:\n- interval: 1m\n- interval: 1m\n");
  auto reports = Run({"/w/t.yaml"});
  ASSERT_THAT(reports[0].errors, SizeIs(1));
  EXPECT_THAT(reports[0].errors[0],
              HasSubstr("/w/bad.yaml: 4:23: group \"g\", rule 1, \"a\": could not parse"));
  Write("/w/t.yaml", "rule_files: [bad.yaml]\ntests: []\n");
  EXPECT_TRUE(Run({"/w/t.yaml"})[0].ok());
}

TEST_F(SuiteTest, AFailingRuleEndsItsGroupAndNoOther) {
  Write("/w/dup.yaml", R"(groups: [{name: g, rules: [{record: same, expr: up, labels: {job: ""}}]}])");
  Write("/w/t.yaml", R"(rule_files: [dup.yaml]
tests:
- name: bad
  input_series: [{series: 'up{job="a"}', values: 1x9}, {series: 'up{job="b"}', values: _ 1x9}]
  promql_expr_test: [{expr: "1", eval_time: 9m, exp_samples: [{value: 2}]}]
- name: good
  input_series: [{series: 'up{job="a"}', values: 1x9}]
  promql_expr_test: [{expr: same, eval_time: 9m, exp_samples: [{labels: same, value: 1}]}]
)");
  const auto reports = Run({"/w/t.yaml"});
  ASSERT_THAT(reports[0].cases, SizeIs(2));
  EXPECT_THAT(reports[0].cases[0].failures,
              ElementsAre("    rule: same, time: 1m0s, err: vector contains metrics with the same labelset "
                          "after applying rule labels"));
  EXPECT_THAT(reports[0].cases[1].failures, IsEmpty());
}

TEST_F(SuiteTest, RunsOnlyTheGroupsAskedFor) {
  Write("/w/t.yaml", R"(tests:
- {name: alpha one, promql_expr_test: [{expr: "1", exp_samples: [{value: 2}]}]}
- {name: beta, promql_expr_test: [{expr: "1", exp_samples: [{value: 2}]}]}
- {promql_expr_test: [{expr: "1", exp_samples: [{value: 2}]}]}
)");
  EXPECT_THAT(Run({"/w/t.yaml"}, {"^alpha"})[0].cases, SizeIs(1));
  EXPECT_THAT(Run({"/w/t.yaml"}, {"one", "bet"})[0].cases, SizeIs(2));
  EXPECT_THAT(Run({"/w/t.yaml"}, {"nothing"})[0].cases, IsEmpty());
  EXPECT_EQ(Run({"/w/t.yaml"})[0].cases[2].name, "unnamed#2");
  EXPECT_EQ(RunTestFiles(files_, {}, {.run = {.clock = clock_}, .names = {"("}}, nullptr).error().code,
            Code::kInvalid);
}

TEST_F(SuiteTest, AFileThatCannotBeReadFailsAndTheNextStillRuns) {
  Write("/w/t.yaml", "tests: []");
  const auto reports = Run({"/w/none.yaml", "/w/t.yaml"});
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_THAT(reports[0].errors, ElementsAre(HasSubstr("/w/none.yaml")));
  EXPECT_TRUE(reports[1].ok());
}

TEST_F(SuiteTest, WritesJUnit) {
  Write("/w/<t>.yaml", "tests:\n- {name: good}\n- {name: 'a & b', promql_expr_test: [{expr: '\"<'}]}\n");
  const std::string xml = JUnitXml(Run({"/w/<t>.yaml", "/w/none.yaml"}));
  EXPECT_THAT(xml,
              HasSubstr("<testsuite name=\"/w/&lt;t&gt;.yaml\" tests=\"2\" failures=\"1\" errors=\"0\""));
  EXPECT_THAT(xml, HasSubstr("<testcase name=\"good\"></testcase>"));
  EXPECT_THAT(xml,
              HasSubstr("<testcase name=\"a &amp; b\">\n      <failure>    expr: &#34;\\&#34;&lt;&#34;"));
  EXPECT_THAT(xml, HasSubstr("tests=\"1\" failures=\"0\" errors=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<error>"));
}

TEST_F(SuiteTest, ARuleThatWritesOverAnInputSeriesLosesAsInPrometheus) {
  Write("/w/r.yaml", "groups: [{name: g, rules: [{record: up, expr: up + 1}, {record: seen, expr: up}]}]");
  Write("/w/t.yaml", R"(rule_files: [r.yaml]
tests:
- input_series: [{series: up, values: 1x5}]
  promql_expr_test: [{expr: seen, eval_time: 3m, exp_samples: [{labels: seen, value: 1}]}]
)");
  EXPECT_TRUE(Run({"/w/t.yaml"})[0].ok()) << err_;
}

TEST_F(SuiteTest, RulesOfAGroupThatReadEachOtherTakeOneStepEach) {
  Write("/w/r.yaml", "groups: [{name: g, rules: [{record: a, expr: b + 1}, {record: b, expr: a + 1 or s}]}]");
  Write("/w/t.yaml", R"(rule_files: [r.yaml]
tests:
- input_series: [{series: s, values: 0 _x20}]
  promql_expr_test: [{expr: a, eval_time: 3m, exp_samples: [{labels: a, value: 5}]}]
)");
  EXPECT_TRUE(Run({"/w/t.yaml"})[0].ok()) << err_;
}

}  // namespace
}  // namespace belfry::unittest
