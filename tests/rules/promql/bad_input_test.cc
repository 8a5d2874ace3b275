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
      "unique on one side");
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
