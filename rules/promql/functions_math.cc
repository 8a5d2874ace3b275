// Functions of one number at a time.
#include <cmath>
#include <limits>
#include <numbers>

#include "rules/promql/functions.h"
#include "rules/promql/go_math.h"
#include "rules/promql/grid.h"

namespace belfry::promql {
namespace {

using Params = std::span<const double>;

// As Go's math.Max and math.Min: NaN wins over numbers, infinities over NaN.
double Max(double a, double b) {
  if (std::isinf(a) && a > 0) return a;
  if (std::isinf(b) && b > 0) return b;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
double Min(double a, double b) { return -Max(-a, -b); }

double Clamp(double v, double low, double high) { return high < low ? Absent() : Max(low, Min(high, v)); }

double Round(double v, Params params) {
  // Dividing by the inverse loses less than multiplying.
  const double inverse = 1.0 / (params.empty() ? 1.0 : params[0]);
  return std::floor(v * inverse + 0.5) / inverse;
}

double Sign(double v, Params) { return v < 0 ? -1 : v > 0 ? 1 : v; }

constexpr double kInf = std::numeric_limits<double>::infinity();

FunctionInfo Plain(std::string_view name, MapFunction run) {
  return {.name = name, .args = {ValueType::kVector}, .run = run};
}

}  // namespace

std::vector<FunctionInfo> MathFunctions() {
  constexpr auto kVector = ValueType::kVector;
  constexpr auto kScalar = ValueType::kScalar;
  return {
      Plain("abs", [](double v, Params) { return std::fabs(v); }),
      Plain("ceil", [](double v, Params) { return std::ceil(v); }),
      Plain("floor", [](double v, Params) { return std::floor(v); }),
      Plain("sqrt", [](double v, Params) { return std::sqrt(v); }),
      Plain("exp", [](double v, Params) { return go_math::Exp(v); }),
      Plain("ln", [](double v, Params) { return go_math::Log(v); }),
      Plain("log2", [](double v, Params) { return go_math::Log2(v); }),
      Plain("log10", [](double v, Params) { return go_math::Log10(v); }),
      Plain("sin", [](double v, Params) { return go_math::Sin(v); }),
      Plain("cos", [](double v, Params) { return go_math::Cos(v); }),
      Plain("tan", [](double v, Params) { return go_math::Tan(v); }),
      Plain("asin", [](double v, Params) { return go_math::Asin(v); }),
      Plain("acos", [](double v, Params) { return go_math::Acos(v); }),
      Plain("atan", [](double v, Params) { return go_math::Atan(v); }),
      Plain("sinh", [](double v, Params) { return go_math::Sinh(v); }),
      Plain("cosh", [](double v, Params) { return go_math::Cosh(v); }),
      Plain("tanh", [](double v, Params) { return go_math::Tanh(v); }),
      Plain("asinh", [](double v, Params) { return go_math::Asinh(v); }),
      Plain("acosh", [](double v, Params) { return go_math::Acosh(v); }),
      Plain("atanh", [](double v, Params) { return go_math::Atanh(v); }),
      Plain("rad", [](double v, Params) { return v * std::numbers::pi / 180; }),
      Plain("deg", [](double v, Params) { return v * 180 / std::numbers::pi; }),
      Plain("sgn", Sign),
      {.name = "round", .args = {kVector, kScalar}, .variadic = 1, .run = Round},
      {.name = "clamp",
       .args = {kVector, kScalar, kScalar},
       .run = [](double v, Params p) { return Clamp(v, p[0], p[1]); }},
      {.name = "clamp_min",
       .args = {kVector, kScalar},
       .run = [](double v, Params p) { return Clamp(v, p[0], kInf); }},
      {.name = "clamp_max",
       .args = {kVector, kScalar},
       .run = [](double v, Params p) { return Clamp(v, -kInf, p[0]); }},
  };
}

}  // namespace belfry::promql
