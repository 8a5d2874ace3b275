#include "rules/promql/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <sstream>

#include "rules/promql/keep_set.h"
#include "rules/promql/parser.h"
#include "rules/storage/head.h"
#include "tests/rules/promql/random_query.h"

namespace belfry::promql {
namespace {

using storage::FromMillis;

std::unique_ptr<storage::Head> Filled(int series, int minutes) {
  auto head = std::make_unique<storage::Head>();
  for (int s = 0; s < series; ++s)
    for (int m = 0; m < minutes; ++m)
      head->Append({{"__name__", "m"}, {"s", std::to_string(s)}}, m * 60'000, static_cast<double>(s * m));
  return head;
}

Result<Value> Instantly(const std::string& text, const storage::Queryable& data, int64_t at_ms,
                        const EvalOptions& options = {}) {
  ASSIGN_OR_RETURN(ExprPtr expr, Parse(text));
  return EvaluateInstant(*expr, FromMillis(at_ms), data, options);
}

TEST(Engine, RefusesTooManySamples) {
  const auto head = Filled(100, 60);
  EXPECT_TRUE(Instantly("sum_over_time(m[1h])", *head, 3'600'000).ok());
  const auto value = Instantly("sum_over_time(m[1h])", *head, 3'600'000, {.max_samples = 5000});
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().code, Code::kTooLarge);
  EXPECT_NE(value.error().message.find("too many samples"), std::string::npos);
  // A subquery with a tiny step over a long time would touch 10⁹ samples.
  EXPECT_EQ(Instantly("sum_over_time(m[100d:1ms])", *head, 3'600'000).error().code, Code::kTooLarge);
  EXPECT_EQ(Instantly("sum_over_time(sum_over_time(m[30d:1s])[30d:1s])", *head, 3'600'000).error().code,
            Code::kTooLarge);
  EXPECT_EQ(Instantly("sum_over_time(vector(1)[100d:1ms])", *head, 0).error().code, Code::kTooLarge);
  const auto expr = Parse("1");
  EXPECT_EQ(EvaluateRange(**expr, FromMillis(0), FromMillis(1'000'000'000'000), milliseconds(1), *head)
                .error()
                .code,
            Code::kTooLarge);
}

TEST(Engine, StopsWhenItsBudgetOfWorkIsUsedUp) {
  const auto head = Filled(100, 60);
  EvalStats stats;
  ASSERT_TRUE(Instantly("sum(rate(m[1h]))", *head, 3'600'000, {.stats = &stats}).ok());
  EXPECT_EQ(stats.series_selected, 100u);
  EXPECT_GT(stats.work, 5900u);
  EXPECT_TRUE(Instantly("sum(rate(m[1h]))", *head, 3'600'000, {.max_work = stats.work}).ok())
      << "work is repeatable";
  const auto stopped = Instantly("sum(rate(m[1h]))", *head, 3'600'000, {.max_work = stats.work - 1});
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, Code::kTimeout);
}

TEST(Engine, CanBeCancelled) {
  const auto head = Filled(100, 60);
  const auto value = Instantly("sum(rate(m[1h]))", *head, 3'600'000, {.cancelled = [] { return true; }});
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().code, Code::kCancelled);
}

TEST(Engine, RefusesRangesThatAreNone) {
  const storage::Head head;
  const auto range = [&](const char* text, int64_t from, int64_t to, int64_t step) {
    return EvaluateRange(**Parse(text), FromMillis(from), FromMillis(to), milliseconds(step), head);
  };
  EXPECT_EQ(range("1", 0, 10, 0).error().code, Code::kInvalid);
  EXPECT_EQ(range("1", 0, 10, -5).error().code, Code::kInvalid);
  EXPECT_EQ(range("1", 10, 0, 5).error().code, Code::kInvalid);
  EXPECT_EQ(range("m[5m]", 0, 10, 5).error().code, Code::kInvalid);
  EXPECT_EQ(range("\"a\"", 0, 10, 5).error().code, Code::kInvalid);
  EXPECT_EQ(std::get<Matrix>(*range("1", 0, 10, 4))[0].samples.size(), 3u);
}

TEST(Engine, WarnsOfQuantilesOutsideTheirRange) {
  const auto head = Filled(3, 3);
  Annotations annotations;
  ASSERT_TRUE(Instantly("quantile(1.5, m)", *head, 60'000, {.annotations = &annotations}).ok());
  EXPECT_EQ(
      annotations.warnings,
      (std::vector<std::string>{"PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)"}));
}

TEST(Engine, DeepTreesEvaluate) {
  const auto head = Filled(1, 3);
  std::string chain = "m";
  for (int i = 0; i < 900; ++i) chain += " + m";
  const auto value = Instantly(chain, *head, 60'000);
  ASSERT_TRUE(value.ok());
  std::string nested = "m";
  for (int i = 0; i < 450; ++i) nested = "abs((" + nested + "))";
  EXPECT_TRUE(Instantly(nested, *head, 60'000).ok());
}

TEST(Engine, ExtremeTimesDoNoHarm) {
  const auto head = Filled(1, 3);
  for (const char* text :
       {"m offset 200y", "m offset -200y", "sum_over_time(m[200y])", "m @ 9e15", "m @ -9e15",
        "rate(m[250y] @ 9e15 offset -100y)", "year(vector(1e300))", "year(vector(-1e300))",
        "minute(vector(NaN))", "day_of_year(vector(Inf))", "predict_linear(m[1h], 1e300)"}) {
    EXPECT_TRUE(Instantly(text, *head, 60'000).ok()) << text;
  }
}

// A series by labels and time.
using Points = std::map<std::pair<std::string, int64_t>, uint64_t>;

uint64_t Bits(double v) { return std::isnan(v) ? 0x7ff8000000000000 : std::bit_cast<uint64_t>(v); }

Points PointsOf(const Value& value) {
  Points points;
  if (const auto* scalar = std::get_if<Scalar>(&value)) points[{"{}", scalar->time_ms}] = Bits(scalar->value);
  if (const auto* vector = std::get_if<Vector>(&value)) {
    for (const VectorSample& s : *vector) points[{s.labels.ToString(), s.time_ms}] = Bits(s.value);
  }
  if (const auto* matrix = std::get_if<Matrix>(&value)) {
    for (const MatrixSeries& series : *matrix)
      for (const storage::Sample& s : series.samples)
        points[{series.labels.ToString(), s.time_ms}] = Bits(s.value);
  }
  return points;
}

// What a range query gives is what instant queries at its steps give: the grid and its cursors change
// nothing.
TEST(Engine, RangesAreInstantsSideBySide) {
  int compared = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    testing::RandomQuery random(seed * 77);
    storage::Head head;
    for (const auto& series : random.Series()) {
      std::istringstream values(series.values);
      int64_t at = 0;
      for (std::string word; values >> word; at += 60'000) {
        if (word == "stale") head.Append(*ParseMetric(series.series), at, storage::StaleMarker());
        if (const auto number = ParseNumber(word); number.ok())
          head.Append(*ParseMetric(series.series), at, *number);
      }
    }
    for (int i = 0; i < 150; ++i) {
      const std::string text = random.Expression(1 + i % 4);
      const bool relative =
          text.find("start()") != std::string::npos || text.find("end()") != std::string::npos;
      const auto expr = Parse(text);
      if (relative || !expr.ok()) continue;
      const auto range =
          EvaluateRange(**expr, FromMillis(300'000), FromMillis(2'100'000), seconds(150), head);
      if (!range.ok()) continue;  // an error at one step fails the whole
      Points side_by_side;
      bool failed = false;
      for (int64_t t = 300'000; t <= 2'100'000; t += 150'000) {
        const auto instant = EvaluateInstant(**expr, FromMillis(t), head);
        failed = failed || !instant.ok();
        if (instant.ok()) side_by_side.merge(PointsOf(*instant));
      }
      EXPECT_FALSE(failed) << text;
      EXPECT_EQ(PointsOf(*range), side_by_side) << "seed " << seed << ": " << text;
      ++compared;
    }
  }
  EXPECT_GT(compared, 700);
}

// A range query goes once over the samples of several windows, an instant query has one alone.
TEST(Engine, WindowsSweptTogetherAreAsOneAlone) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    storage::Head head;
    const double odd[] = {kInf, -kInf, std::nan(""), 1e308, -1e308, -0.0};
    for (int m = 0; m < 60; ++m) {
      const double value =
          std::ldexp(static_cast<double>(random()) - 2e9, static_cast<int>(random() % 90) - 45);
      if (random() % 10 != 0)
        head.Append({{"__name__", "m"}}, m * 60'000,
                    round % 2 == 1 && random() % 30 == 0 ? odd[random() % 6] : value);
    }
    for (const Dialect dialect : {Dialect::kPrometheus2, Dialect::kPrometheus3}) {
      for (const char* text :
           {"sum_over_time(m[9m])", "avg_over_time(m[9m])", "rate(m[9m])", "increase(m[9m])"}) {
        const auto expr = Parse(text);
        const EvalOptions options{.dialect = dialect};
        const auto range =
            EvaluateRange(**expr, FromMillis(60'000), FromMillis(3'540'000), seconds(90), head, options);
        Points alone;
        for (int64_t t = 60'000; t <= 3'540'000; t += 90'000)
          alone.merge(PointsOf(*EvaluateInstant(**expr, FromMillis(t), head, options)));
        ASSERT_GT(alone.size(), 30u);
        EXPECT_EQ(PointsOf(*range), alone) << text << " in round " << round;
      }
    }
  }
}

TEST(KeepSet, HoldsWhatLooksBack) {
  const auto keeps = [](const std::string& text, std::string_view name) {
    const auto expr = Parse(text);
    const Expr* one = expr->get();
    return ComputeKeepSet({&one, 1}).Keeps(name, {});
  };
  EXPECT_FALSE(keeps("a > 0", "a"));
  EXPECT_FALSE(keeps("time() - a > on(x) group_left() b * 0.8", "a"));
  EXPECT_TRUE(keeps("rate(a[5m])", "a"));
  EXPECT_FALSE(keeps("rate(a[5m])", "b"));
  EXPECT_TRUE(keeps("a offset 5m", "a"));
  EXPECT_TRUE(keeps("a @ 5", "a"));
  EXPECT_TRUE(keeps("max_over_time((a > b)[1h:5m])", "b"));
  EXPECT_TRUE(keeps("sum(c) / max_over_time(a[1h])", "a"));
  EXPECT_FALSE(keeps("sum(c) / max_over_time(a[1h])", "c"));
}

TEST(KeepSet, KnowsHowFarBack) {
  const auto reach = [](const std::string& text) {
    const auto expr = Parse(text);
    const Expr* one = expr->get();
    return ComputeKeepSet({&one, 1}).reach;
  };
  EXPECT_EQ(reach("a"), Duration(0));
  EXPECT_EQ(reach("rate(a[5m])"), minutes(5));
  EXPECT_EQ(reach("rate(a[5m] offset 1h)"), minutes(65));
  EXPECT_EQ(reach("max_over_time(rate(a[5m])[1h:1m] offset 10m)"), minutes(75));
  EXPECT_EQ(reach("rate(a[5m]) + b offset 1d"), hours(24));
}

}  // namespace
}  // namespace belfry::promql
