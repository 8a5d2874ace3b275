// The same series and expressions through this engine and through the real promtool, which compares doubles
// bit by bit.
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rules/promql/engine.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/storage/head.h"
#include "tests/rules/promql/random_query.h"

namespace belfry::promql::testing {
namespace {

constexpr int kRounds = 80;        // sets of series
constexpr int kExpressions = 250;  // of each
constexpr const char* kPromtool = "/usr/bin/promtool";

std::string Shortest(double value) {
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string YamlText(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
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

// The expectation of one expression as promtool's file has it, or empty if it cannot be compared: NaN equals
// nothing there.
std::string Expectation(const std::string& text, const Value& value, int64_t at_ms) {
  std::string out =
      "  - expr: " + YamlText(text) + "\n    eval_time: " + std::to_string(at_ms / 1000) + "s\n";
  std::vector<VectorSample> samples;
  if (const auto* vector = std::get_if<Vector>(&value)) samples = *vector;
  if (const auto* scalar = std::get_if<Scalar>(&value)) samples = {{{}, at_ms, scalar->value}};
  out += samples.empty() ? "    exp_samples: []\n" : "    exp_samples:\n";
  for (const VectorSample& sample : samples) {
    if (std::isnan(sample.value)) return {};
    out += "    - labels: " + YamlText(sample.labels.ToString()) +
           "\n      value: " + Shortest(sample.value) + "\n";
  }
  return out;
}

struct Round {
  std::string yaml;
  int compared = 0;
  int refused = 0;
};

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
  for (int i = 0; i < kExpressions; ++i) {
    const std::string text = random.Expression(1 + i % 4);
    const int64_t at_ms = 60'000 * (5 + i % 34);
    const auto expr = Parse(text, {.dialect = Dialect::kPrometheus2});
    if (!expr.ok()) {
      ADD_FAILURE() << "seed " << seed << ": " << text << ": " << expr.error().message;
      continue;
    }
    const auto value =
        EvaluateInstant(**expr, storage::FromMillis(at_ms), head, {.dialect = Dialect::kPrometheus2});
    const std::string expectation = value.ok() ? Expectation(text, *value, at_ms) : "";
    if (!value.ok()) ++round.refused;
    if (!expectation.empty()) ++round.compared;
    round.yaml += expectation;
  }
  // promtool loads samples up to the last evaluation only; negative offsets look beyond their own.
  round.yaml += "  - expr: vector(1)\n    eval_time: 40m\n    exp_samples: [{labels: '{}', value: 1}]\n";
  return round;
}

class Promtool : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kPromtool))
      GTEST_SKIP() << kPromtool << " is not installed (package prometheus)";
    folder_ = std::filesystem::path(::testing::TempDir()) / ("belfry-promtool-" + std::to_string(GetParam()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
};

TEST_P(Promtool, AgreesToTheLastBit) {
  const auto seed = static_cast<uint64_t>(GetParam());
  const Round round = MakeRound(seed);
  std::ofstream(folder_ / "test.yaml") << round.yaml;
  const std::string command = std::string(kPromtool) + " test rules " + (folder_ / "test.yaml").string() +
                              " > " + (folder_ / "out").string() + " 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream in(folder_ / "out");
  std::stringstream out;
  out << in.rdbuf();
  EXPECT_EQ(status, 0) << "seed " << seed << "\n" << out.str().substr(0, 8000);
  EXPECT_GT(round.compared, kExpressions / 2) << round.refused << " were refused";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Promtool, ::testing::Range(1, 1 + kRounds));

}  // namespace
}  // namespace belfry::promql::testing
