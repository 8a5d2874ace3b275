// What an evaluation makes of values, labels and sizes that nobody means well with: a value or an error that
// says why, in bounded time and memory.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rules/promql/engine.h"
#include "rules/promql/functions.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"
#include "rules/storage/head.h"

namespace belfry::promql {
namespace {

using storage::FromMillis;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kOdd[] = {0.0,
                           -0.0,
                           1,
                           -1,
                           kInf,
                           -kInf,
                           std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::max(),
                           std::numeric_limits<double>::lowest(),
                           std::numeric_limits<double>::denorm_min(),
                           9007199254740993.0,
                           -9.3e18};
constexpr const char* kOddScalars[] = {"NaN",   "Inf", "-Inf", "0", "-1", "1e308", "0x7FFFFFFFFFFFFFFF",
                                       "1e-320"};

// Every odd value at every minute of some series: as gauges, as buckets, in ascending and in mixed order.
void FillOdd(storage::Head& head) {
  int64_t minute = 0;
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < std::size(kOdd); ++i, ++minute) {
      for (size_t series = 0; series < 6; ++series) {
        const std::string bounds[] = {"0.1", "1", "+Inf", "NaN", "", "1"};
        head.Append({{"__name__", "odd"}, {"s", std::to_string(series)}, {"le", bounds[series]}},
                    minute * 60'000, kOdd[(i * (series + 1) + series) % std::size(kOdd)]);
      }
    }
  }
}

// A call with `scalar` wherever a number is wanted.
std::string CallText(const FunctionInfo& function, const std::string& scalar) {
  std::string text(function.name);
  text += '(';
  for (size_t i = 0; i < function.args.size(); ++i) {
    if (i > 0) text += ", ";
    switch (function.args[i]) {
      case ValueType::kScalar:
        text += scalar;
        break;
      case ValueType::kString:
        text += "\"s\"";
        break;
      case ValueType::kVector:
        text += "odd";
        break;
      case ValueType::kMatrix:
        text += "odd[10m]";
        break;
    }
  }
  return text + ")";
}

void EvaluateAnyway(const std::string& text, const storage::Head& head, Dialect dialect) {
  const auto expr = Parse(text, {.dialect = dialect, .experimental_functions = true});
  ASSERT_TRUE(expr.ok()) << text << ": " << expr.error().message;
  const EvalOptions options{.dialect = dialect};
  for (const int64_t minute : {0, 7, 20, 35}) {
    const auto value = EvaluateInstant(**expr, FromMillis(minute * 60'000), head, options);
    EXPECT_TRUE(value.ok() || !value.error().message.empty()) << text;
  }
  if ((*expr)->type == ValueType::kString || (*expr)->type == ValueType::kMatrix) return;
  const auto range = EvaluateRange(**expr, FromMillis(0), FromMillis(2'400'000), seconds(37), head, options);
  EXPECT_TRUE(range.ok() || !range.error().message.empty()) << text;
}

TEST(OddValues, GoThroughEveryFunction) {
  storage::Head head;
  FillOdd(head);
  for (const Dialect dialect : {Dialect::kPrometheus3, Dialect::kPrometheus2}) {
    for (const FunctionInfo& function : AllFunctions()) {
      if (FindFunction(function.name, dialect) == nullptr) continue;
      for (const char* scalar : kOddScalars) EvaluateAnyway(CallText(function, scalar), head, dialect);
    }
  }
}

TEST(OddValues, GoThroughEveryOperatorAndAggregation) {
  storage::Head head;
  FillOdd(head);
  for (const char* op : {"+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", ">=", "== bool", "> bool"}) {
    EvaluateAnyway(std::string("odd ") + op + " odd", head, Dialect::kPrometheus3);
    for (const char* scalar : kOddScalars) {
      EvaluateAnyway(std::string("odd ") + op + " " + scalar, head, Dialect::kPrometheus3);
      EvaluateAnyway(std::string(scalar) + " " + op + " odd", head, Dialect::kPrometheus3);
    }
  }
  for (const char* aggregation :
       {"sum(odd)", "avg by (le) (odd)", "min(odd)", "max(odd)", "stddev(odd)", "stdvar without (s) (odd)",
        "group(odd)", "count(odd)", "count_values(\"v\", odd)"}) {
    EvaluateAnyway(aggregation, head, Dialect::kPrometheus3);
  }
  for (const char* chosen : {"topk", "bottomk", "quantile", "limitk", "limit_ratio"}) {
    for (const char* scalar : kOddScalars)
      EvaluateAnyway(std::string(chosen) + "(" + scalar + ", odd)", head, Dialect::kPrometheus3);
  }
}

Result<Value> Instantly(const std::string& text, const storage::Queryable& data,
                        const EvalOptions& options = {}) {
  ASSIGN_OR_RETURN(ExprPtr expr, Parse(text));
  return EvaluateInstant(*expr, FromMillis(0), data, options);
}

// IEEE 754 has an answer; nothing ends and nothing is an error.
TEST(BadInput, DivisionByZeroHasTheValuesOfArithmetic) {
  storage::Head head;
  head.Append({{"__name__", "zero"}}, 0, 0);
  head.Append({{"__name__", "two"}}, 0, 2);
  struct Case {
    const char* text;
    double value;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Case& c : {Case{"1 / 0", kInf}, Case{"-1 / 0", -kInf}, Case{"1 / -0", -kInf}, Case{"0 / 0", nan},
                        Case{"5 % 0", nan}, Case{"0 ^ -1", kInf}, Case{"Inf / Inf", nan},
                        Case{"Inf % 2", nan}, Case{"0 atan2 0", 0}}) {
    const auto scalar = Instantly(c.text, head);
    ASSERT_TRUE(scalar.ok()) << c.text;
    const double value = std::get<Scalar>(*scalar).value;
    EXPECT_TRUE(std::isnan(c.value) ? std::isnan(value) : value == c.value) << c.text << " is " << value;
  }
  for (const Case& c :
       {Case{"two / zero", kInf}, Case{"-two / zero", -kInf}, Case{"zero / zero", nan},
        Case{"two % zero", nan}, Case{"two / 0", kInf}, Case{"avg(two) / count(two > 1) / sum(zero)", kInf},
        Case{"1 / (zero * -1)", -kInf}}) {
    const auto vector = Instantly(c.text, head);
    ASSERT_TRUE(vector.ok()) << c.text;
    ASSERT_EQ(std::get<Vector>(*vector).size(), 1u) << c.text;
    const double value = std::get<Vector>(*vector)[0].value;
    EXPECT_TRUE(std::isnan(c.value) ? std::isnan(value) : value == c.value) << c.text << " is " << value;
  }
  EXPECT_EQ(std::get<Vector>(*Instantly("two / zero > 1e308", head)).size(), 1u);
  EXPECT_EQ(std::get<Vector>(*Instantly("zero / zero == zero / zero", head)).size(), 0u);
}

TEST(BadInput, ManyToManyNamesTheSeriesInTheWay) {
  storage::Head head;
  for (const char* s : {"1", "2"}) {
    head.Append({{"__name__", "a"}, {"g", "x"}, {"s", s}}, 0, 1);
    head.Append({{"__name__", "b"}, {"g", "x"}, {"s", s}}, 0, 1);
  }
  const auto value = Instantly("a * on (g) b", head);
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(
      value.error().message,
      "found duplicate series for the match group {g=\"x\"} on the right hand-side of the operation: "
      "[b{g=\"x\", s=\"1\"}, b{g=\"x\", s=\"2\"}];many-to-many matching not allowed: matching labels must be "
      "unique on one side (at 1:3)");
}

// What the series do not allow, where in a text it is, and what is said.
TEST(BadInput, EveryErrorOfAnEvaluationNamesItsPlace) {
  storage::Head head;
  for (const char* s : {"1", "2"}) {
    for (const char* name : {"a", "b"}) head.Append({{"__name__", name}, {"g", "x"}, {"s", s}}, 0, 1);
  }
  struct Case {
    const char* what;
    const char* text;
    const char* place;
    const char* message;
  };
  const Case kCases[] = {
      {"many to many", "sum(a) > 1 and a * on (g) b", "1:18", "found duplicate series for the match group"},
      {"many to many on the left", "b * on (g) group_right a", "1:3", "on the left hand-side"},
      {"one to one with many", "a / on (g) sum by (g) (b)", "1:3", "many-to-one matching must be explicit"},
      {"on a later line", "1 +\n  sum(\n    a * on (g) b)", "3:7", "many-to-many matching not allowed"},
      {"in an operand of the outer operator", "vector(1) + (a + on () b)", "1:16", "duplicate series"},
      {"inside a subquery", "max_over_time((a - on () b)[5m:1m])", "1:18", "duplicate series"},
      {"inside an aggregation", "sum by (g) (a == on (g) b)", "1:15", "duplicate series"},
      {"two series alike without names", "abs({s=\"1\"})", "1:1", "same labelset"},
      {"alike without names after an operator", "  {s=\"1\"} + 1", "1:11", "same labelset"},
      {"alike without names after a minus", "1 - -{s=\"1\"}", "1:5", "same labelset"},
      {"alike ranges", "1 + avg_over_time({s=\"1\"}[5m])", "1:5", "same labelset"},
      {"regular expression", "label_replace(a, \"x\", \"\", \"s\", \"(\")", "1:32",
       "invalid regular expression in label_replace(): ("},
      {"label made", "label_replace(a, \"\", \"\", \"s\", \".*\")", "1:18", "invalid destination label name"},
      {"label joined", "label_join(a, \"\", \",\", \"s\")", "1:15", "invalid destination label name"},
      {"label read", "label_join(a, \"x\", \",\", \"s\", \"\")", "1:30", "invalid source label name"},
      {"label counted", "count_values(\"\", a)", "1:14", "invalid label name \"\""},
      {"count that is none", "1 + topk(NaN, a)", "1:10", "Parameter value is NaN"},
      {"count beyond all integers", "bottomk(1e300, a)", "1:9", "overflows int64"},
  };
  for (const Case& c : kCases) {
    const auto value = Instantly(c.text, head);
    ASSERT_FALSE(value.ok()) << c.what;
    const std::string& message = value.error().message;
    EXPECT_NE(message.find(c.message), std::string::npos) << c.what << ": " << message;
    EXPECT_TRUE(message.ends_with(" (at " + std::string(c.place) + ")")) << c.what << ": " << message;
  }
}

TEST(BadInput, LimitsNameThePlaceThatReachesThem) {
  storage::Head head;
  for (int s = 0; s < 100; ++s) head.Append({{"__name__", "m"}, {"s", std::to_string(s)}}, 0, 1);
  const auto held = Instantly("1 + count(\n m)", head, {.max_samples = 50});
  EXPECT_EQ(held.error().message, "query processing would load too many samples into memory (at 2:2)");
  const auto range = Instantly("1 + sum(sum_over_time(m[5m]))", head, {.max_samples = 50});
  EXPECT_EQ(range.error().message, "query processing would load too many samples into memory (at 1:9)");
  const auto work = Instantly("1 + sum(m)", head, {.max_work = 20});
  EXPECT_EQ(work.error().code, Code::kTimeout);
  EXPECT_TRUE(work.error().message.ends_with("its work budget is used up (at 1:9)")) << work.error().message;
  const auto gone = Instantly("1 + sum(m)", head, {.cancelled = [] { return true; }});
  EXPECT_EQ(gone.error().message, "query was canceled");
  const auto expr = Parse("\n m");
  const auto steps = EvaluateRange(**expr, FromMillis(0), FromMillis(1'000'000'000), milliseconds(1), head);
  EXPECT_EQ(steps.error().message, "query processing would load too many samples into memory (at 2:2)");
}

TEST(BadInput, AQueryThatWouldTouchABillionSamplesIsRefusedBeforeItStarts) {
  storage::Head head;
  for (int s = 0; s < 1000; ++s) head.Append({{"__name__", "m"}, {"s", std::to_string(s)}}, 0, 1);
  const auto expr = Parse("m @ 0");
  EvalStats stats;
  const auto value =
      EvaluateRange(**expr, FromMillis(0), FromMillis(1'000'000'000), seconds(1), head, {.stats = &stats});
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().code, Code::kTooLarge);
  EXPECT_LT(stats.work, 10'000u);
  EXPECT_EQ(Instantly("sum_over_time(m[12d:1ms])", head).error().code, Code::kTooLarge);
  // Each for itself is allowed, both together are not.
  EXPECT_EQ(Instantly("sum_over_time(count(sum_over_time(m[1h:1s]))[1d:1s])", head, {.max_work = 20'000'000})
                .error()
                .code,
            Code::kTooLarge);
}

TEST(BadInput, ARegexBombOfAFunctionIsRefused) {
  storage::Head head;
  head.Append({{"__name__", "m"}, {"a", std::string(5000, 'a')}}, 0, 1);
  const auto refused = Instantly("label_replace(m, \"x\", \"$1\", \"a\", \"((a{500}){500}){500}\")", head);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("invalid regular expression in label_replace()"), std::string::npos);
  // What takes a backtracker for ever takes this one no time.
  EXPECT_TRUE(Instantly("label_replace(m, \"x\", \"$1\", \"a\", \"(a*)*(a*)*(a|a)*b\")", head).ok());
}

TEST(BadInput, ALabelHoldsEveryByte) {
  std::string bytes;
  for (int c = 1; c < 256; ++c) bytes += static_cast<char>(c);
  storage::Head head;
  head.Append({{"__name__", "m"}, {"a", bytes}}, 0, 1);
  const auto same = Instantly("m == on (a) m", head);
  ASSERT_TRUE(same.ok());
  const auto& vector = std::get<Vector>(*same);
  ASSERT_EQ(vector.size(), 1u);
  EXPECT_EQ(vector[0].labels.Get("a"), bytes);
  EXPECT_EQ(std::get<Vector>(
                *Instantly("count by (a) (label_replace(m, \"b\", \"$1\", \"a\", \"(?s)(.*)\"))", head))
                .size(),
            1u);
}

}  // namespace
}  // namespace belfry::promql
