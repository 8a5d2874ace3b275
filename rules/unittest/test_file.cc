#include "rules/unittest/test_file.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "rules/promql/parser.h"
#include "rules/rule/yaml_fields.h"

namespace belfry::unittest {
namespace {

using rule::YamlField;
using rule::YamlNode;

std::optional<double> YamlConstant(std::string_view text) {
  for (const std::string_view name : {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"}) {
    if (text == name) return std::numeric_limits<double>::infinity();
  }
  for (const std::string_view name : {"-.inf", "-.Inf", "-.INF"}) {
    if (text == name) return -std::numeric_limits<double>::infinity();
  }
  for (const std::string_view name : {".nan", ".NaN", ".NAN"}) {
    if (text == name) return std::numeric_limits<double>::quiet_NaN();
  }
  return std::nullopt;
}

// A number as YAML has it: the words of PromQL (`Inf`, `NaN`) are texts there.
std::optional<double> YamlNumber(const YamlNode& node) {
  if (!node.IsScalar() || node.quoted) return std::nullopt;
  if (auto constant = YamlConstant(node.text)) return constant;
  const size_t digit = node.text.find_first_not_of("+-.");
  if (digit == std::string::npos || node.text[digit] < '0' || node.text[digit] > '9') return std::nullopt;
  const auto number = promql::ParseNumber(node.text);
  return number.ok() ? std::optional(*number) : std::nullopt;
}

class Reader : private rule::YamlReader {
 public:
  Reader(const std::string& name, const TestFileOptions& options) : YamlReader(name) {
    if (options.ignore_unknown_fields) IgnoreUnknownFields();
  }

  ParsedTestFile Read(const YamlNode& document) {
    if (!document.IsMap() && !document.IsNull()) {
      Complain(document, "expected a map with `tests`, found " + document.Describe());
    } else {
      ReadFile(document);
    }
    for (TestGroup& group : file_.tests) {
      if (group.interval == Duration(0)) group.interval = file_.evaluation_interval;
    }
    return {std::move(file_), std::move(problems())};
  }

 private:
  void ReadFile(const YamlNode& document) {
    std::set<std::string> ordered;
    const auto add_order = [&](const YamlNode& node) {
      if (!ordered.insert(node.text).second)
        Complain(node, "group name repeated in evaluation order: " + node.text);
      file_.group_eval_order.push_back(node.text);
    };
    ReadMap(document, "test file",
            {{"rule_files", Each("rule_files", [&](const YamlNode& n) { AddText(n, file_.rule_files); })},
             {"evaluation_interval", Time(file_.evaluation_interval, "evaluation_interval")},
             {"group_eval_order", Each("group_eval_order", add_order)},
             {"tests", Each("tests", [&](const YamlNode& n) { ReadGroup(n); })},
             {"fuzzy_compare", Flag(file_.fuzzy_compare, "fuzzy_compare")}});
    if (file_.evaluation_interval == Duration(0)) file_.evaluation_interval = minutes(1);
  }

  void ReadGroup(const YamlNode& node) {
    TestGroup group;
    ReadMap(node, "test group",
            {{"name", Text(group.name, "name")},
             {"interval", Time(group.interval, "interval")},
             {"start_timestamp", Start(group.start)},
             {"input_series", Each("input_series", [&](const YamlNode& n) { ReadSeries(n, group); })},
             {"alert_rule_test", Each("alert_rule_test", [&](const YamlNode& n) { ReadAlert(n, group); })},
             {"promql_expr_test", Each("promql_expr_test", [&](const YamlNode& n) { ReadExpr(n, group); })},
             {"external_labels", Texts(group.external_labels, "external_labels")},
             {"external_url", Text(group.external_url, "external_url")}});
    file_.tests.push_back(std::move(group));
  }

  void ReadSeries(const YamlNode& node, TestGroup& group) {
    InputSeries input{.position = node.position};
    const auto values = [&](const YamlNode& value) {
      if (!value.IsScalar()) return Complain(value, "values: expected text, found " + value.Describe());
      auto runs = ParseSeriesValues(value.text);
      if (!runs.ok()) return Complain(value, "values: " + runs.error().message);
      input.values = *std::move(runs);
    };
    ReadMap(node, "input series",
            {{"series", Text(input.series, "series", &input.position)}, {"values", values}});
    group.series.push_back(std::move(input));
  }

  void ReadAlert(const YamlNode& node, TestGroup& group) {
    AlertTest test{.position = node.position};
    ReadMap(node, "alert_rule_test",
            {{"eval_time", Time(test.eval_time, "eval_time")},
             {"alertname", Text(test.alertname, "alertname")},
             {"exp_alerts", Each("exp_alerts", [&](const YamlNode& n) { ReadExpectedAlert(n, test); })}});
    if (test.alertname.empty())
      Complain(node, "an item under alert_rule_test misses required attribute alertname");
    group.alerts.push_back(std::move(test));
  }

  void ReadExpectedAlert(const YamlNode& node, AlertTest& test) {
    ExpectedAlert alert;
    ReadMap(node, "exp_alerts",
            {{"exp_labels", Texts(alert.labels, "exp_labels")},
             {"exp_annotations", Texts(alert.annotations, "exp_annotations")}});
    test.alerts.push_back(std::move(alert));
  }

  void ReadExpr(const YamlNode& node, TestGroup& group) {
    ExprTest test{.position = node.position};
    ReadMap(node, "promql_expr_test",
            {{"expr", Text(test.expr, "expr", &test.position)},
             {"eval_time", Time(test.eval_time, "eval_time")},
             {"exp_samples", Each("exp_samples", [&](const YamlNode& n) { ReadExpectedSample(n, test); })}});
    group.exprs.push_back(std::move(test));
  }

  void ReadExpectedSample(const YamlNode& node, ExprTest& test) {
    ExpectedSample sample;
    std::string histogram;
    const auto value = [&](const YamlNode& n) {
      if (n.IsNull()) return;
      const auto number = YamlNumber(n);
      if (!number)
        return Complain(n, "value: expected a number such as 1.5, 1e6, .inf or .nan, found " + n.Describe());
      sample.value = *number;
    };
    ReadMap(node, "exp_samples",
            {{"labels", Text(sample.labels, "labels")},
             {"value", value},
             {"histogram", Text(histogram, "histogram")}});
    if (!histogram.empty()) Complain(node, "histogram: native histograms are not supported, only floats");
    test.samples.push_back(std::move(sample));
  }

  void AddText(const YamlNode& node, std::vector<std::string>& into) {
    std::string text;
    Text(text, "rule_files")(node);
    into.push_back(std::move(text));
  }

  YamlField Time(Duration& into, std::string_view name) {
    return [this, &into, name](const YamlNode& node) {
      if (node.IsNull()) return;
      const auto d = promql::ParsePromDuration(node.text);
      if (!d.ok()) return Complain(node, std::string(name) + ": " + d.error().message);
      into = *d;
    };
  }

  YamlField Flag(bool& into, std::string_view name) {
    return [this, &into, name](const YamlNode& node) {
      if (node.IsNull()) return;
      into = node.text == "true";
      if (!into && node.text != "false")
        Complain(node, std::string(name) + ": expected true or false, found " + node.Describe());
    };
  }

  // RFC 3339, or Unix seconds.
  YamlField Start(Instant& into) {
    return [this, &into](const YamlNode& node) {
      if (node.IsNull()) return;
      const auto time = ParseRfc3339(node.text);
      const auto number = promql::ParseNumber(node.text);
      if (time.ok()) {
        into = *time;
      } else if (number.ok() && std::fabs(*number) < 9e9) {
        into = Instant(milliseconds(std::llround(*number * 1000)));
      } else {
        Complain(node,
                 "start_timestamp: expected an RFC 3339 time or Unix seconds, found " + node.Describe());
      }
    };
  }

  TestFile file_;
};

ParsedTestFile Refuse(const std::string& name, rule::TextPosition position, std::string why) {
  return {{}, {{.file = name, .position = position, .message = std::move(why)}}};
}

}  // namespace

ParsedTestFile ParseTestFile(const std::string& name, std::string_view text, const TestFileOptions& options) {
  if (text.size() > kMaxTestFileBytes)
    return Refuse(name, {}, "test file is longer than " + std::to_string(kMaxTestFileBytes) + " bytes");
  const rule::YamlResult yaml = rule::ReadYaml(text);
  if (!yaml.ok) return Refuse(name, yaml.position, "yaml: " + yaml.problem);
  const YamlNode empty;
  return Reader(name, options).Read(yaml.file.documents.empty() ? empty : *yaml.file.documents[0]);
}

}  // namespace belfry::unittest
