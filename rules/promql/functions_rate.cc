// Rates and changes of the samples of a range.
// Source: Prometheus 3.14 promql/functions.go; where 2.42 computes in another order, both orders are here.
#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/promql/functions.h"
#include "rules/promql/grid.h"
#include "rules/promql/kahan.h"

namespace belfry::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

double Difference(std::span<const storage::Sample> samples) {
  return samples.back().value - samples.front().value;
}

// What a counter has grown by in one window after the other: last minus first, with what resets have hidden.
// Each sample is looked at once, in however many windows it lies. Requires: the windows are of one series, in
// order of time.
class CounterGrowth {
 public:
  double In(std::span<const storage::Sample> samples) {
    const storage::Sample* const begin = samples.data();
    const storage::Sample* const end = begin + samples.size();
    for (const auto* s = std::max(seen_, begin + 1); s < end; ++s) {
      if (s->value < (s - 1)->value) resets_.push_back(s);
    }
    seen_ = std::max(seen_, end);
    while (first_ < resets_.size() && resets_[first_] <= begin) ++first_;
    double growth = Difference(samples);
    for (size_t i = first_; i < resets_.size(); ++i) growth += (resets_[i] - 1)->value;
    return growth;
  }

 private:
  const storage::Sample* seen_ = nullptr;       // the samples before it have been looked at
  std::vector<const storage::Sample*> resets_;  // the samples that are less than the ones before them
  size_t first_ = 0;                            // of them that may still lie in a window
};

// How far the observed growth is stretched towards the ends of the window. A sample near an end is taken to
// be followed by another just beyond it; else the series is taken to begin or end half an interval away. A
// counter is not stretched below zero.
double StretchedInterval(const Window& w, double growth, double sampled, bool counter) {
  const auto& first = w.samples.front();
  double to_start = Seconds(first.time_ms - w.from_ms);
  double to_end = Seconds(w.to_ms - w.samples.back().time_ms);
  const double average = sampled / static_cast<double>(w.samples.size() - 1);
  const double threshold = average * 1.1;
  const bool may_reach_zero = counter && growth > 0 && first.value >= 0;
  const double to_zero = may_reach_zero ? sampled * (first.value / growth) : to_start;
  if (w.dialect == Dialect::kPrometheus2) {
    if (may_reach_zero && to_zero < to_start) to_start = to_zero;
    double interval = sampled;
    interval += to_start < threshold ? to_start : average / 2;
    interval += to_end < threshold ? to_end : average / 2;
    return interval;
  }
  if (to_start >= threshold) to_start = average / 2;
  if (may_reach_zero && to_zero < to_start) to_start = to_zero;
  if (to_end >= threshold) to_end = average / 2;
  return sampled + to_start + to_end;
}

double Extrapolated(const Window& w, double growth, bool counter, bool per_second) {
  const double sampled = Seconds(w.samples.back().time_ms - w.samples.front().time_ms);
  double factor = StretchedInterval(w, growth, sampled, counter) / sampled;
  if (per_second) factor /= w.range_seconds;
  return growth * factor;
}

void OfCounter(std::span<const Window> windows, std::span<double> values, bool per_second) {
  CounterGrowth growth;
  for (size_t i = 0; i < windows.size(); ++i) {
    const Window& w = windows[i];
    values[i] = w.samples.size() < 2 ? Absent() : Extrapolated(w, growth.In(w.samples), true, per_second);
  }
}
void Rates(std::span<const Window> windows, std::span<double> values) { OfCounter(windows, values, true); }
void Increases(std::span<const Window> windows, std::span<double> values) {
  OfCounter(windows, values, false);
}

std::optional<double> Delta(const Window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  return Extrapolated(w, Difference(w.samples), false, false);
}

std::optional<double> LastTwo(const Window& w, bool per_second) {
  if (w.samples.size() < 2) return std::nullopt;
  const storage::Sample& last = w.samples.back();
  const storage::Sample& before = w.samples[w.samples.size() - 2];
  const bool reset = per_second && last.value < before.value;
  const double change = reset ? last.value : last.value - before.value;
  return per_second ? change / Seconds(last.time_ms - before.time_ms) : change;
}

struct Line {
  double slope;
  double at_origin;
};

// Least squares; times relative to `origin_ms`.
Line Regression(std::span<const storage::Sample> samples, int64_t origin_ms) {
  KahanSum x, y, xy, xx;
  double n = 0;
  bool constant = true;
  for (const storage::Sample& sample : samples) {
    constant = constant && sample.value == samples.front().value;
    n += 1;
    const double t = Seconds(sample.time_ms - origin_ms);
    x.Add(t);
    y.Add(sample.value);
    xy.Add(t * sample.value);
    xx.Add(t * t);
  }
  if (constant) {
    if (std::isinf(samples.front().value)) return {kNan, kNan};
    return {0, samples.front().value};
  }
  const double sum_x = x.sum + x.lost;
  const double sum_y = y.sum + y.lost;
  const double covariance = (xy.sum + xy.lost) - sum_x * sum_y / n;
  const double variance = (xx.sum + xx.lost) - sum_x * sum_x / n;
  const double slope = covariance / variance;
  return {slope, sum_y / n - slope * sum_x / n};
}

std::optional<double> Deriv(const Window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  return Regression(w.samples, w.samples.front().time_ms).slope;
}

std::optional<double> PredictLinear(const Window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  const Line line = Regression(w.samples, w.at_ms);
  return line.slope * w.params[0] + line.at_origin;
}

std::optional<double> Resets(const Window& w) {
  double resets = 0;
  for (size_t i = 1; i < w.samples.size(); ++i)
    if (w.samples[i].value < w.samples[i - 1].value) resets += 1;
  return resets;
}

std::optional<double> Changes(const Window& w) {
  double changes = 0;
  for (size_t i = 1; i < w.samples.size(); ++i) {
    const double now = w.samples[i].value;
    const double before = w.samples[i - 1].value;
    if (now != before && !(std::isnan(now) && std::isnan(before))) changes += 1;
  }
  return changes;
}

template <class Function>
FunctionInfo Range(std::string_view name, Function run) {
  return {.name = name, .args = {ValueType::kMatrix}, .run = run};
}

}  // namespace

std::vector<FunctionInfo> RateFunctions() {
  return {
      Range("rate", Rates),
      Range("increase", Increases),
      Range("delta", Delta),
      Range("irate", [](const Window& w) { return LastTwo(w, true); }),
      Range("idelta", [](const Window& w) { return LastTwo(w, false); }),
      Range("deriv", Deriv),
      Range("resets", Resets),
      Range("changes", Changes),
      {.name = "predict_linear", .args = {ValueType::kMatrix, ValueType::kScalar}, .run = PredictLinear},
  };
}

}  // namespace belfry::promql
