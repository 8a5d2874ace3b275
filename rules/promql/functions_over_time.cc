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

double SumFrom(const Window& w, size_t from, KahanSum sum) {
  for (const Sample& s : w.samples.subspan(from)) sum.Add(s.value, w.dialect == Dialect::kPrometheus3);
  return std::isinf(sum.sum) ? sum.sum : sum.sum + sum.lost;
}

template <class Mean>
double MeanFrom(const Window& w, size_t from, Mean mean) {
  for (const Sample& s : w.samples.subspan(from)) mean.Add(s.value);
  return mean.Get();
}

// The windows in groups of lanes: as many samples as all of a group have are added in step, by `add(lanes,
// values, count)`, the rest, and whatever has come to be infinite or NaN, by `finish(window, from, sum)`.
template <class Add, class Finish>
void Sweep(std::span<const Window> windows, std::span<double> values, const Add& add, const Finish& finish) {
  constexpr size_t kLanes = KahanLanes::kCount;
  size_t first = 0;
  for (; first + kLanes <= windows.size(); first += kLanes) {
    const auto group = windows.subspan(first, kLanes);
    const auto size = [](const Window& w) { return w.samples.size(); };
    const size_t common = size(*std::ranges::min_element(group, {}, size));
    KahanLanes lanes;
    for (size_t k = 0; k < common; ++k) {
      KahanLanes::Values row;
      for (size_t i = 0; i < kLanes; i += 2)
        row[i / 2] = KahanLanes::Pair{group[i].samples[k].value, group[i + 1].samples[k].value};
      add(lanes, row, static_cast<double>(k + 1));
    }
    for (size_t i = 0; i < kLanes; ++i) {
      const KahanSum sum = lanes.Lane(i);
      const bool plain = std::isfinite(sum.sum);
      values[first + i] = finish(group[i], plain ? common : 0, plain ? sum : KahanSum());
    }
  }
  for (; first < windows.size(); ++first) values[first] = finish(windows[first], 0, KahanSum());
}

void AddInStep(KahanLanes& lanes, const KahanLanes::Values& row, double) { lanes.Add(row); }

void Sums(std::span<const Window> windows, std::span<double> values) {
  Sweep(windows, values, AddInStep, SumFrom);
}

// Prometheus 3 sums and divides last, 2 keeps a running mean.
void Means(std::span<const Window> windows, std::span<double> values) {
  if (windows.front().dialect == Dialect::kPrometheus3) {
    return Sweep(windows, values, AddInStep, [](const Window& w, size_t from, KahanSum sum) {
      return MeanFrom(w, from, KahanMean(static_cast<double>(from), sum));
    });
  }
  Sweep(
      windows, values,
      [](KahanLanes& lanes, const KahanLanes::Values& row, double count) { lanes.AddToMeans(row, count); },
      [](const Window& w, size_t from, KahanSum mean) {
        return MeanFrom(w, from, RunningMean(static_cast<double>(from), mean));
      });
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
      {.name = "sum_over_time", .args = {kMatrix}, .run = Sums},
      {.name = "avg_over_time", .args = {kMatrix}, .run = Means},
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
