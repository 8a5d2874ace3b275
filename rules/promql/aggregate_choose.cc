// Aggregations that choose among the series of a group, and count_values.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "exporters/model/number.h"
#include "rules/promql/aggregate.h"
#include "rules/promql/signature.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

// The order in which topk and bottomk rank: NaN last, equals as they came.
bool RanksBefore(AggregateOp op, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return op == AggregateOp::kTopk ? a > b : a < b;
}

// How many series a parameter asks for. Errors: what no integer can hold.
Result<size_t> CountOf(double param, size_t rows) {
  if (std::isnan(param)) return NotPossible("Parameter value is NaN");
  if (param >= 9223372036854775808.0) {
    return NotPossible("Scalar value " + model::FormatNumberG(param) + " overflows int64");
  }
  if (param <= -9223372036854775808.0) {
    return NotPossible("Scalar value " + model::FormatNumberG(param) + " underflows int64");
  }
  if (param < 1) return 0;
  return std::min(static_cast<size_t>(param), rows);
}

// A number in [0, 1) that depends on the labels alone.
double Offset(const model::Labels& labels) {
  return static_cast<double>(labels.Fingerprint() >> 11) / 9007199254740992.0;
}

bool InRatio(double ratio, double offset) { return ratio >= 0 ? offset < ratio : offset >= 1.0 + ratio; }

// The rows chosen of one group at one step, best first.
std::vector<size_t> Chosen(AggregateOp op, std::vector<size_t> rows, size_t count, double param,
                           const Grid& input, size_t step) {
  if (op == AggregateOp::kLimitRatio) {
    std::erase_if(rows, [&](size_t row) { return !InRatio(param, Offset(input.labels(row))); });
    return rows;
  }
  if (op != AggregateOp::kLimitk) {
    const auto before = [&](size_t a, size_t b) {
      return RanksBefore(op, input.Row(a)[step], input.Row(b)[step]);
    };
    std::stable_sort(rows.begin(), rows.end(), before);
  }
  if (rows.size() > count) rows.resize(count);
  return rows;
}

}  // namespace

bool IsChoice(AggregateOp op) {
  return op == AggregateOp::kTopk || op == AggregateOp::kBottomk || op == AggregateOp::kLimitk ||
         op == AggregateOp::kLimitRatio;
}

Result<Grid> Choose(Evaluator& evaluator, const Aggregate& aggregate, const Grouping& grouping, Grid input,
                    const Column& param) {
  Grid out(input.steps());
  out.one_name = input.one_name;
  std::vector<size_t> out_row(input.rows(), SIZE_MAX);
  for (size_t step = 0; step < input.steps(); ++step) {
    size_t count = 0;
    if (aggregate.op != AggregateOp::kLimitRatio) {
      auto wanted = CountOf(param[step], input.rows());
      if (!wanted.ok()) return evaluator.NotPossibleAt(*aggregate.param, wanted.error().message);
      count = *wanted;
    } else if (std::isnan(param[step])) {
      return evaluator.NotPossibleAt(*aggregate.param, "Ratio value is NaN");
    }
    std::vector<std::vector<size_t>> groups(grouping.labels.size());
    for (size_t row = 0; row < input.rows(); ++row)
      if (Present(input.Row(row)[step])) groups[grouping.of_row[row]].push_back(row);
    RETURN_IF_ERROR(evaluator.budget().Work(input.rows()));
    for (std::vector<size_t>& rows : groups) {
      for (const size_t row : Chosen(aggregate.op, std::move(rows), count, param[step], input, step)) {
        if (out_row[row] == SIZE_MAX) {
          out_row[row] = out.rows();
          out.AddRow(input.labels(row));
        }
        out.Row(out_row[row])[step] = input.Row(row)[step];
      }
    }
  }
  return out;
}

Result<Grid> CountValues(Evaluator& evaluator, const Aggregate& aggregate, const Steps& steps) {
  ASSIGN_OR_RETURN(Evaluated name, evaluator.Eval(*aggregate.param, steps));
  const std::string& label = std::get<std::string>(name.value);
  const bool valid = evaluator.Is2() ? IsPlainLabelName(label) : !label.empty() && IsValidUtf8(label);
  if (!valid) return evaluator.NotPossibleAt(*aggregate.param, "invalid label name " + Quote(label));
  ASSIGN_OR_RETURN(Grid input, evaluator.EvalVector(*aggregate.expr, steps));
  Aggregate grouping = {.op = aggregate.op, .without = aggregate.without, .grouping = aggregate.grouping};
  if (!aggregate.without) grouping.grouping.push_back(label);
  const Signature signature(!aggregate.without, grouping.grouping);
  Grid out(steps.count);
  std::unordered_map<std::string, size_t> by_signature;
  for (size_t step = 0; step < steps.count; ++step) {
    for (size_t row = 0; row < input.rows(); ++row) {
      const double value = input.Row(row)[step];
      if (!Present(value)) continue;
      model::Labels labels = input.labels(row);
      labels.Set(label, FormatPlain(value));
      const auto [at, added] = by_signature.emplace(signature.Of(labels), out.rows());
      if (added) {
        RETURN_IF_ERROR(evaluator.budget().Hold(steps.count));
        out.AddRow(signature.Part(labels));
      }
      double& count = out.Row(at->second)[step];
      count = Present(count) ? count + 1 : 1;
    }
  }
  return out;
}

}  // namespace belfry::promql
