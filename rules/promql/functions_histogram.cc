// Functions of classic histograms: buckets as series with a label `le`.
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "exporters/model/number.h"
#include "rules/promql/evaluator.h"
#include "rules/promql/functions.h"
#include "rules/promql/parser.h"
#include "rules/promql/quantile.h"
#include "rules/promql/signature.h"

namespace belfry::promql {
namespace {

constexpr std::string_view kBound = "le";

struct Histogram {
  model::Labels labels;  // without name and bound
  std::vector<size_t> rows;
  std::vector<double> bounds;
};

// The histograms in a vector: series alike but for `le`.
std::vector<Histogram> FindHistograms(Evaluator& evaluator, const Expr& arg, const Grid& grid) {
  std::vector<Histogram> found;
  std::unordered_map<std::string, size_t> by_rest;
  const Signature rest(false, {std::string(kBound)}, true);
  for (size_t row = 0; row < grid.rows(); ++row) {
    const std::string bound(grid.labels(row).Get(kBound));
    const auto upper = ParseNumber(bound);
    if (!upper.ok()) {
      evaluator.Warn(arg, "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"" +
                              bound + "\"");
      continue;
    }
    const auto [at, added] = by_rest.emplace(rest.Of(grid.labels(row)), found.size());
    if (added) {
      model::Labels labels = grid.labels(row);
      labels.Remove(kBound);
      labels.Remove(model::kMetricName);
      found.push_back({std::move(labels), {}, {}});
    }
    found[at->second].rows.push_back(row);
    found[at->second].bounds.push_back(*upper);
  }
  return found;
}

std::vector<Bucket> BucketsAt(const Grid& grid, const Histogram& histogram, size_t step) {
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < histogram.rows.size(); ++i) {
    const double count = grid.Row(histogram.rows[i])[step];
    if (Present(count)) buckets.push_back({histogram.bounds[i], count});
  }
  return buckets;
}

// One value for every histogram and step. `value(step, buckets)`.
template <class F>
Result<Evaluated> PerHistogram(Evaluator& evaluator, const Expr& arg, const Steps& steps, F value) {
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(arg, steps));
  Grid out(steps.count);
  for (Histogram& histogram : FindHistograms(evaluator, arg, grid)) {
    const auto cells = out.AddRow(std::move(histogram.labels));
    for (size_t i = 0; i < steps.count; ++i) {
      std::vector<Bucket> buckets = BucketsAt(grid, histogram, i);
      if (!buckets.empty()) cells[i] = value(i, std::move(buckets));
    }
  }
  out.Prune();
  out.one_name = grid.one_name;
  if (!out.one_name) {
    ASSIGN_OR_RETURN(out, evaluator.Merged(std::move(out)));
  }
  return Evaluated{std::move(out)};
}

void WarnOfQuantile(Evaluator& evaluator, const Expr& arg, double q) {
  if (q >= 0 && q <= 1) return;
  evaluator.Warn(arg,
                 "PromQL warning: quantile value should be between 0 and 1, got " + model::FormatNumberG(q));
}

double QuantileOf(Evaluator& evaluator, const Call& call, const Expr& arg, double q,
                  std::vector<Bucket> buckets) {
  const auto result = BucketQuantile(q, std::move(buckets), evaluator.options().dialect);
  if (result.forced_monotonic) {
    evaluator.Inform(arg, "PromQL info: input to " + std::string(call.function->name) +
                              " needed to be fixed for monotonicity");
  }
  return result.value;
}

Result<Evaluated> HistogramQuantile(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Column q, evaluator.EvalScalar(*call.args[0], steps));
  for (const double one : q) WarnOfQuantile(evaluator, *call.args[0], one);
  return PerHistogram(evaluator, *call.args[1], steps, [&](size_t step, std::vector<Bucket> buckets) {
    return QuantileOf(evaluator, call, *call.args[1], q[step], std::move(buckets));
  });
}

// The label `name` tells the quantiles of one histogram apart.
Result<Evaluated> HistogramQuantiles(Evaluator& evaluator, const Call& call, const Steps& steps) {
  const std::string& name = TextArgument(call, 1);
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  const std::vector<Histogram> histograms = FindHistograms(evaluator, *call.args[0], grid);
  Grid out(steps.count);
  for (size_t arg = 2; arg < call.args.size(); ++arg) {
    ASSIGN_OR_RETURN(const Column q, evaluator.EvalScalar(*call.args[arg], steps));
    for (size_t step = 0; step < steps.count; ++step) WarnOfQuantile(evaluator, *call.args[arg], q[step]);
    for (const Histogram& histogram : histograms) {
      for (size_t step = 0; step < steps.count; ++step) {
        std::vector<Bucket> buckets = BucketsAt(grid, histogram, step);
        if (buckets.empty()) continue;
        model::Labels labels = histogram.labels;
        labels.Set(name, model::FormatBound(q[step]));
        const bool same = step > 0 && q[step] == q[step - 1] && out.rows() > 0 &&
                          out.labels(out.rows() - 1).Whole() == labels;
        if (!same) RETURN_IF_ERROR(evaluator.budget().Hold(steps.count));
        const auto cells = same ? out.Row(out.rows() - 1) : out.AddRow(std::move(labels));
        cells[step] = QuantileOf(evaluator, call, *call.args[0], q[step], std::move(buckets));
      }
    }
  }
  ASSIGN_OR_RETURN(out, evaluator.Merged(std::move(out)));
  return Evaluated{std::move(out)};
}

Result<Evaluated> HistogramFraction(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Column lower, evaluator.EvalScalar(*call.args[0], steps));
  ASSIGN_OR_RETURN(Column upper, evaluator.EvalScalar(*call.args[1], steps));
  if (evaluator.Is2()) {  // of native histograms only
    ASSIGN_OR_RETURN(Grid ignored, evaluator.EvalVector(*call.args[2], steps));
    return Evaluated{Grid(steps.count)};
  }
  return PerHistogram(evaluator, *call.args[2], steps, [&](size_t step, std::vector<Bucket> buckets) {
    return BucketFraction(lower[step], upper[step], std::move(buckets));
  });
}

// Functions of native histograms skip all other samples, and there are no native ones here.
Result<Evaluated> OfNativeOnly(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Grid ignored, evaluator.EvalVector(*call.args[0], steps));
  return Evaluated{Grid(steps.count)};
}

}  // namespace

std::vector<FunctionInfo> HistogramFunctions() {
  constexpr auto kVector = ValueType::kVector;
  constexpr auto kScalar = ValueType::kScalar;
  constexpr auto kOnly3 = FunctionInfo::Availability::kOnly3;
  return {
      {.name = "histogram_quantile", .args = {kScalar, kVector}, .run = HistogramQuantile},
      {.name = "histogram_fraction", .args = {kScalar, kScalar, kVector}, .run = HistogramFraction},
      {.name = "histogram_count", .args = {kVector}, .run = OfNativeOnly},
      {.name = "histogram_sum", .args = {kVector}, .run = OfNativeOnly},
      {.name = "histogram_avg", .args = {kVector}, .run = OfNativeOnly, .availability = kOnly3},
      {.name = "histogram_stddev", .args = {kVector}, .run = OfNativeOnly, .availability = kOnly3},
      {.name = "histogram_quantiles",
       .args = {kVector, ValueType::kString, kScalar, kScalar},
       .variadic = 9,
       .run = HistogramQuantiles,
       .availability = FunctionInfo::Availability::kExperimental},
      {.name = "histogram_stdvar", .args = {kVector}, .run = OfNativeOnly, .availability = kOnly3},
  };
}

}  // namespace belfry::promql
