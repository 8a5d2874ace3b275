// Aggregations over the samples of a range.
#include <algorithm>
#include <cmath>

#include "rules/promql/functions.h"
#include "rules/promql/kahan.h"
#include "rules/promql/quantile.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

using storage::Sample;

double Sum(const Window& w) {
  KahanSum sum;
  for (const Sample& s : w.samples) sum.Add(s.value, w.dialect == Dialect::kPrometheus3);
  return std::isinf(sum.sum) ? sum.sum : sum.sum + sum.lost;
}

double Avg(const Window& w) {
  if (w.dialect == Dialect::kPrometheus2) {
    RunningMean mean(true);
    for (const Sample& s : w.samples) mean.Add(s.value);
    return mean.Get();
  }
  KahanMean mean;
  for (const Sample& s : w.samples) mean.Add(s.value);
  return mean.Get();
}

// Welford's variance with both running numbers compensated.
double Variance(const Window& w) {
  const bool guard = w.dialect == Dialect::kPrometheus3;
  double count = 0;
  KahanSum mean;
  KahanSum squares;
  for (const Sample& s : w.samples) {
    count += 1;
    const double delta = s.value - (mean.sum + mean.lost);
    mean.Add(delta / count, guard);
    squares.Add(delta * (s.value - (mean.sum + mean.lost)), guard);
  }
  return (squares.sum + squares.lost) / count;
}

// The first sample that no other beats; anything beats NaN.
template <class Beats>
const Sample& Best(const Window& w, Beats beats) {
  const Sample* best = &w.samples.front();
  for (const Sample& s : w.samples)
    if (beats(s.value, best->value) || std::isnan(best->value)) best = &s;
  return *best;
}
const Sample& Largest(const Window& w) {
  return Best(w, [](double a, double b) { return a > b; });
}
const Sample& Smallest(const Window& w) {
  return Best(w, [](double a, double b) { return a < b; });
}

std::vector<double> Values(const Window& w) {
  std::vector<double> values;
  values.reserve(w.samples.size());
  for (const Sample& s : w.samples) values.push_back(s.value);
  return values;
}

double MedianDeviation(const Window& w) {
  std::vector<double> values = Values(w);
  const auto nan = std::find_if(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  if (nan != values.end()) return *nan;
  const double median = Quantile(0.5, values);
  for (double& value : values) value = std::fabs(value - median);
  return Quantile(0.5, std::move(values));
}

double TimeOf(const Sample& sample) { return static_cast<double>(sample.time_ms) / 1000; }

// Holt's linear method. Requires: factors checked.
double Smooth(const Window& w, double level_factor, double trend_factor) {
  double level = w.samples[0].value;
  double before = 0;
  double trend = w.samples[1].value - w.samples[0].value;
  for (size_t i = 1; i < w.samples.size(); ++i) {
    const double scaled = level_factor * w.samples[i].value;
    if (i > 1) trend = trend_factor * (level - before) + (1 - trend_factor) * trend;
    const double smoothed = (1 - level_factor) * (level + trend);
    before = level;
    level = scaled + smoothed;
  }
  return level;
}

std::optional<double> DoubleExponentialSmoothing(const Window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  return Smooth(w, w.params[0], w.params[1]);
}

belfry::Result<void> CheckFactors(std::span<const double> params) {
  constexpr std::string_view kNames[] = {"smoothing factor. Expected: 0 < sf < 1",
                                         "trend factor. Expected: 0 < tf < 1"};
  for (size_t i = 0; i < 2; ++i) {
    if (params[i] <= 0 || params[i] >= 1) {
      return Error{Code::kFailedPrecondition,
                   "invalid " + std::string(kNames[i]) + ", got: " + FormatFixed6(params[i])};
    }
  }
  return {};
}

FunctionInfo OverTime(std::string_view name, RangeFunction run, bool keeps_name = false) {
  return {.name = name, .args = {ValueType::kMatrix}, .run = run, .keeps_name = keeps_name};
}
FunctionInfo Experimental(std::string_view name, RangeFunction run) {
  FunctionInfo info = OverTime(name, run);
  info.availability = FunctionInfo::Availability::kExperimental;
  return info;
}

}  // namespace

std::vector<FunctionInfo> OverTimeFunctions() {
  using Result = std::optional<double>;
  constexpr auto kMatrix = ValueType::kMatrix;
  constexpr auto kScalar = ValueType::kScalar;
  std::vector<FunctionInfo> table = {
      OverTime("sum_over_time", [](const Window& w) { return Result(Sum(w)); }),
      OverTime("avg_over_time", [](const Window& w) { return Result(Avg(w)); }),
      OverTime("count_over_time",
               [](const Window& w) { return Result(static_cast<double>(w.samples.size())); }),
      OverTime("min_over_time", [](const Window& w) { return Result(Smallest(w).value); }),
      OverTime("max_over_time", [](const Window& w) { return Result(Largest(w).value); }),
      OverTime("stddev_over_time", [](const Window& w) { return Result(std::sqrt(Variance(w))); }),
      OverTime("stdvar_over_time", [](const Window& w) { return Result(Variance(w)); }),
      OverTime("present_over_time", [](const Window&) { return Result(1.0); }),
      OverTime(
          "last_over_time", [](const Window& w) { return Result(w.samples.back().value); }, true),
      OverTime(
          "first_over_time", [](const Window& w) { return Result(w.samples.front().value); }, true),
      {.name = "quantile_over_time",
       .args = {kScalar, kMatrix},
       .run = [](const Window& w) { return Result(Quantile(w.params[0], Values(w))); }},
      {.name = "holt_winters",
       .args = {kMatrix, kScalar, kScalar},
       .run = DoubleExponentialSmoothing,
       .check = CheckFactors,
       .availability = FunctionInfo::Availability::kOnly2},
      {.name = "double_exponential_smoothing",
       .args = {kMatrix, kScalar, kScalar},
       .run = DoubleExponentialSmoothing,
       .check = CheckFactors,
       .availability = FunctionInfo::Availability::kExperimental},
      Experimental("mad_over_time", [](const Window& w) { return Result(MedianDeviation(w)); }),
      Experimental("ts_of_first_over_time",
                   [](const Window& w) { return Result(TimeOf(w.samples.front())); }),
      Experimental("ts_of_last_over_time", [](const Window& w) { return Result(TimeOf(w.samples.back())); }),
      Experimental(
          "ts_of_max_over_time",
          [](const Window& w) { return Result(TimeOf(Best(w, [](double a, double b) { return a >= b; }))); }),
      Experimental(
          "ts_of_min_over_time",
          [](const Window& w) { return Result(TimeOf(Best(w, [](double a, double b) { return a <= b; }))); }),
  };
  for (FunctionInfo& info : table)
    if (info.name == "first_over_time") info.availability = FunctionInfo::Availability::kOnly3;
  return table;
}

}  // namespace belfry::promql
