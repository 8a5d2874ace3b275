// The same series and expressions through this engine and through the real promtool, which compares doubles
// bit by bit.
#include "tests/rules/promtool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "rules/promql/engine.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/storage/head.h"
#include "tests/rules/promql/random_query.h"

namespace belfry::promql::testing {
namespace {

using belfry::testing::YamlText;

constexpr int kRounds = 80;        // sets of series
constexpr int kExpressions = 250;  // compared of each: 20,000 in all

std::string Shortest(double value) {
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void Load(storage::Head& head, const RandomSeries& series) {
  const auto labels = ParseMetric(series.series);
  std::istringstream values(series.values);
  int64_t minute = 0;
  for (std::string word; values >> word;) {
    const auto put = [&](double v) { head.Append(*labels, 60'000 * minute++, v); };
    const size_t plus = word.find('+', 1);
    if (word == "_") {
      ++minute;
    } else if (word == "stale") {
      put(storage::StaleMarker());
    } else if (plus != std::string::npos) {
      double value = *ParseNumber(word.substr(0, plus));
      const double step = *ParseNumber(word.substr(plus + 1, word.find('x') - plus - 1));
      for (int i = std::stoi(word.substr(word.find('x') + 1)); i >= 0; --i, value += step) put(value);
    } else {
      put(*ParseNumber(word));
    }
  }
}

std::vector<VectorSample> SamplesOf(const Value& value) {
  if (const auto* scalar = std::get_if<Scalar>(&value)) return {{{}, 0, scalar->value}};
  return std::get<Vector>(value);
}

bool HasNan(const std::vector<VectorSample>& samples) {
  return std::any_of(samples.begin(), samples.end(), [](const auto& s) { return std::isnan(s.value); });
}

// The expectation of one expression as promtool's file has it.
std::string Expectation(const std::string& text, const std::vector<VectorSample>& samples, int64_t at_ms) {
  std::string out =
      "  - expr: " + YamlText(text) + "\n    eval_time: " + std::to_string(at_ms / 1000) + "s\n";
  out += samples.empty() ? "    exp_samples: []\n" : "    exp_samples:\n";
  for (const VectorSample& sample : samples) {
    out += "    - labels: " + YamlText(sample.labels.ToString()) +
           "\n      value: " + Shortest(sample.value) + "\n";
  }
  return out;
}

struct Round {
  std::string yaml;
  int compared = 0;
  int refused = 0;

  void Add(const std::string& text, const std::vector<VectorSample>& samples, int64_t at_ms) {
    yaml += Expectation(text, samples, at_ms);
    ++compared;
  }
};

// Nothing: the expression cannot be evaluated over these series.
std::optional<std::vector<VectorSample>> Evaluate(const std::string& text, int64_t at_ms,
                                                  const storage::Head& head) {
  const auto expr = Parse(text, {.dialect = Dialect::kPrometheus2});
  if (!expr.ok()) {
    // timestamp() and == take no scalar where the expression is one.
    if (text.starts_with("timestamp(")) return std::nullopt;
    ADD_FAILURE() << text << ": " << expr.error().message;
    return std::nullopt;
  }
  const auto value =
      EvaluateInstant(**expr, storage::FromMillis(at_ms), head, {.dialect = Dialect::kPrometheus2});
  if (!value.ok()) return std::nullopt;
  return SamplesOf(*value);
}

Round MakeRound(uint64_t seed) {
  RandomQuery random(seed);
  storage::Head head;
  Round round{.yaml = "evaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n"};
  for (const RandomSeries& series : random.Series()) {
    Load(head, series);
    round.yaml +=
        "  - series: " + YamlText(series.series) + "\n    values: " + YamlText(series.values) + "\n";
  }
  round.yaml += "  promql_expr_test:\n";
  for (int i = 0; round.compared < kExpressions && i < 3 * kExpressions; ++i) {
    const std::string text = random.Expression(1 + i % 4);
    const int64_t at_ms = 60'000 * (5 + i % 34);
    const auto samples = Evaluate(text, at_ms, head);
    if (!samples) {
      ++round.refused;
    } else if (!HasNan(*samples)) {
      round.Add(text, *samples, at_ms);
    } else {
      // NaN equals nothing in promtool: first what is not NaN, then where there is anything at all.
      for (const std::string& form : {"(" + text + ") == bool (" + text + ")", "timestamp(" + text + ")"}) {
        const auto derived = Evaluate(form, at_ms, head);
        if (derived && !HasNan(*derived)) round.Add(form, *derived, at_ms);
      }
    }
  }
  // promtool loads samples up to the last evaluation only; negative offsets look beyond their own.
  round.yaml += "  - expr: vector(1)\n    eval_time: 40m\n    exp_samples: [{labels: '{}', value: 1}]\n";
  return round;
}

class Promtool : public ::testing::TestWithParam<int> {};

TEST_P(Promtool, AgreesToTheLastBit) {
  if (belfry::testing::FindPromtool().empty()) GTEST_SKIP() << "promtool is not here (package prometheus)";
  const auto seed = static_cast<uint64_t>(GetParam());
  const Round round = MakeRound(seed);
  const belfry::testing::PromtoolFolder folder(std::to_string(seed));
  folder.Write("test.yaml", round.yaml);
  const belfry::testing::PromtoolRun run = folder.Test("test.yaml");
  EXPECT_EQ(run.status, 0) << "seed " << seed << "\n" << run.output.substr(0, 8000);
  EXPECT_GE(round.compared, kExpressions) << round.refused << " were refused";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Promtool, ::testing::Range(1, 1 + kRounds));

}  // namespace
}  // namespace belfry::promql::testing
