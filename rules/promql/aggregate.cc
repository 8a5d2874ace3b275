// Aggregations that turn many series into one. Those that choose among series are in aggregate_choose.cc.
#include "rules/promql/aggregate.h"

#include <cmath>
#include <limits>

#include "exporters/model/number.h"
#include "rules/promql/kahan.h"
#include "rules/promql/quantile.h"
#include "rules/promql/signature.h"

namespace belfry::promql {
namespace {

// One group at one step. `kOp` decides what it means.
struct Cell {
  double count = 0;
  double value = 0;
  double mean = 0;
  KahanMean average;
  KahanSum sum;
  RunningMean running{false};

  void Add(AggregateOp op, bool compensated, double v) {
    const bool first = count == 0;
    count += 1;
    switch (op) {
      case AggregateOp::kSum:
        return AddToSum(first, compensated, v);
      case AggregateOp::kAvg:
        return compensated ? average.Add(v) : AddToRunningMean(first, v);
      case AggregateOp::kMin:
        if (first || value > v || std::isnan(value)) value = v;
        return;
      case AggregateOp::kMax:
        if (first || value < v || std::isnan(value)) value = v;
        return;
      case AggregateOp::kStddev:
      case AggregateOp::kStdvar:
        return AddToVariance(first, compensated, v);
      default:
        return;
    }
  }
  // The first value is taken as it is: −0 stays −0.
  void AddToSum(bool first, bool compensated, double v) {
    if (first) {
      sum.sum = v;
    } else if (compensated) {
      sum.Add(v);
    } else {
      sum.sum += v;
    }
  }
  void AddToRunningMean(bool first, double v) {
    if (first) {
      running = RunningMean(false, v);
    } else {
      running.Add(v);
    }
  }
  void AddToVariance(bool first, bool guard, double v) {
    if (first) {
      mean = v;
      value = guard && !std::isfinite(v) ? std::numeric_limits<double>::quiet_NaN() : 0;
      return;
    }
    const double delta = v - mean;
    mean += delta / count;
    value += delta * (v - mean);
  }
  double Get(AggregateOp op, bool compensated) const {
    switch (op) {
      case AggregateOp::kSum:
        return sum.sum + sum.lost;
      case AggregateOp::kAvg:
        return compensated ? average.Get() : running.Get();
      case AggregateOp::kCount:
        return count;
      case AggregateOp::kGroup:
        return 1;
      case AggregateOp::kStdvar:
        return value / count;
      case AggregateOp::kStddev:
        return std::sqrt(value / count);
      default:
        return value;
    }
  }
};

Grid Fold(const Aggregate& aggregate, const Grouping& grouping, const Grid& input, bool compensated) {
  const size_t steps = input.steps();
  std::vector<Cell> cells(grouping.labels.size() * steps);
  for (size_t row = 0; row < input.rows(); ++row) {
    Cell* group = cells.data() + grouping.of_row[row] * steps;
    const auto values = input.Row(row);
    for (size_t i = 0; i < steps; ++i)
      if (Present(values[i])) group[i].Add(aggregate.op, compensated, values[i]);
  }
  Grid out(steps);
  out.Reserve(grouping.labels.size());
  for (size_t g = 0; g < grouping.labels.size(); ++g) {
    const auto results = out.AddRow(grouping.labels[g]);
    for (size_t i = 0; i < steps; ++i) {
      const Cell& cell = cells[g * steps + i];
      if (cell.count > 0) results[i] = cell.Get(aggregate.op, compensated);
    }
  }
  return out;
}

Grid Quantiles(const Grouping& grouping, const Grid& input, const Column& q) {
  Grid out(input.steps());
  for (const model::Labels& labels : grouping.labels) out.AddRow(labels);
  for (size_t step = 0; step < input.steps(); ++step) {
    std::vector<std::vector<double>> values(grouping.labels.size());
    for (size_t row = 0; row < input.rows(); ++row) {
      const double value = input.Row(row)[step];
      if (Present(value)) values[grouping.of_row[row]].push_back(value);
    }
    for (size_t g = 0; g < values.size(); ++g)
      if (!values[g].empty()) out.Row(g)[step] = Quantile(q[step], std::move(values[g]));
  }
  return out;
}

}  // namespace

Grouping GroupRows(const Aggregate& aggregate, const Grid& input) {
  const Signature signature(!aggregate.without, aggregate.grouping);
  Ordinals ordinals(signature);
  Grouping grouping{ordinals.Of(input), {}};
  grouping.labels.resize(ordinals.count());
  std::vector<char> named(ordinals.count(), 0);
  for (size_t row = 0; row < input.rows(); ++row) {
    const size_t group = grouping.of_row[row];
    if (named[group]) continue;
    named[group] = 1;
    grouping.labels[group] = signature.Part(input.labels(row));
  }
  return grouping;
}

Result<Grid> EvalAggregate(Evaluator& evaluator, const Aggregate& aggregate, const Steps& steps) {
  if (aggregate.op == AggregateOp::kCountValues) return CountValues(evaluator, aggregate, steps);
  Column param;
  if (aggregate.param) {
    ASSIGN_OR_RETURN(param, evaluator.EvalScalar(*aggregate.param, steps));
  }
  ASSIGN_OR_RETURN(Grid input, evaluator.EvalVector(*aggregate.expr, steps));
  const Grouping grouping = GroupRows(aggregate, input);
  RETURN_IF_ERROR(evaluator.budget().Hold(grouping.labels.size() * steps.count));
  if (IsChoice(aggregate.op)) return Choose(evaluator, aggregate, grouping, std::move(input), param);
  if (aggregate.op == AggregateOp::kQuantile) {
    for (const double q : param) {
      if (!(q >= 0 && q <= 1)) {
        evaluator.Warn(*aggregate.param, "PromQL warning: quantile value should be between 0 and 1, got " +
                                             model::FormatNumberG(q));
      }
    }
    return Quantiles(grouping, input, param);
  }
  return Fold(aggregate, grouping, input, !evaluator.Is2());
}

}  // namespace belfry::promql
