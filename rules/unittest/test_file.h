// Rule tests as written: a test file as values.
// Source: the unit-test files of `promtool test rules`, Prometheus 3.14, native histograms apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.h"
#include "rules/rule/group_spec.h"
#include "rules/unittest/series_values.h"

namespace belfry::unittest {

inline constexpr size_t kMaxTestFileBytes = 256 << 20;

struct InputSeries {
  std::string series;
  std::vector<ValueRun> values;
  rule::TextPosition position;

  bool operator==(const InputSeries&) const = default;
};

struct ExpectedAlert {
  rule::TextMap labels;
  rule::TextMap annotations;

  bool operator==(const ExpectedAlert&) const = default;
};

struct AlertTest {
  Duration eval_time{0};
  std::string alertname;
  std::vector<ExpectedAlert> alerts;
  rule::TextPosition position;

  bool operator==(const AlertTest&) const = default;
};

struct ExpectedSample {
  std::string labels;
  double value = 0;
  std::string histogram;

  bool operator==(const ExpectedSample&) const = default;
};

struct ExprTest {
  std::string expr;
  Duration eval_time{0};
  std::vector<ExpectedSample> samples;
  rule::TextPosition position;

  bool operator==(const ExprTest&) const = default;
};

struct TestGroup {
  std::string name;
  Duration interval{0};
  Instant start;  // where the times of the group count from
  std::vector<InputSeries> series;
  std::vector<AlertTest> alerts;
  std::vector<ExprTest> exprs;
  rule::TextMap external_labels;
  std::string external_url;

  bool operator==(const TestGroup&) const = default;
};

struct TestFile {
  std::vector<std::string> rule_files;  // as written
  Duration evaluation_interval = minutes(1);
  std::vector<std::string> group_eval_order;
  std::vector<TestGroup> tests;
  bool fuzzy_compare = false;

  bool operator==(const TestFile&) const = default;
};

struct ParsedTestFile {
  TestFile file;
  std::vector<rule::Problem> problems;  // all of them, with places; empty: good

  bool ok() const { return problems.empty(); }
};

struct TestFileOptions {
  bool ignore_unknown_fields = false;
};

// `name` stands in problems. A group without interval gets that of the file.
ParsedTestFile ParseTestFile(const std::string& name, std::string_view text,
                             const TestFileOptions& options = {});

}  // namespace belfry::unittest
