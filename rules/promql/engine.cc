#include "rules/promql/engine.h"

#include <algorithm>

#include "rules/promql/evaluator.h"

namespace belfry::promql {
namespace {

Vector ToVector(Grid grid, int64_t time_ms) {
  Vector vector;
  vector.reserve(grid.rows());
  for (size_t row = 0; row < grid.rows(); ++row) {
    const double value = grid.Row(row)[0];
    if (Present(value)) vector.push_back({grid.labels(row).Take(), time_ms, value});
  }
  return vector;
}

void Sort(Matrix& matrix) {
  std::sort(matrix.begin(), matrix.end(),
            [](const MatrixSeries& a, const MatrixSeries& b) { return a.labels < b.labels; });
}

Matrix ToMatrix(Grid grid, const Steps& steps) {
  Matrix matrix;
  for (size_t row = 0; row < grid.rows(); ++row) {
    MatrixSeries series{grid.labels(row).Take(), {}};
    const auto cells = grid.Row(row);
    for (size_t i = 0; i < cells.size(); ++i)
      if (Present(cells[i])) series.samples.push_back({steps.At(i), cells[i]});
    if (!series.samples.empty()) matrix.push_back(std::move(series));
  }
  Sort(matrix);
  return matrix;
}

Matrix ToMatrix(const Column& column, const Steps& steps) {
  MatrixSeries series;
  for (size_t i = 0; i < column.size(); ++i) series.samples.push_back({steps.At(i), column[i]});
  return {std::move(series)};
}

// The window of a range selector as it is, for the one step of an instant query.
Matrix ToMatrix(RangeInput input, const Steps& steps) {
  Matrix matrix;
  const int64_t to = input.reference.At(steps, 0);
  for (storage::SelectedSeries& series : input.set.series) {
    WindowCursor cursor(input.set.SamplesOf(series), input.closed);
    const auto window = cursor.Move(to - input.range_ms, to);
    if (window.empty()) continue;
    matrix.push_back({series.labels.Take(), std::vector<storage::Sample>(window.begin(), window.end())});
  }
  Sort(matrix);
  return matrix;
}

Result<Value> InstantValue(Evaluator& evaluator, const Expr& expr, const Steps& steps) {
  if (expr.type == ValueType::kMatrix) {
    ASSIGN_OR_RETURN(RangeInput input, evaluator.EvalRange(expr, steps));
    return Value(ToMatrix(std::move(input), steps));
  }
  ASSIGN_OR_RETURN(Evaluated evaluated, evaluator.Eval(expr, steps));
  if (auto* text = std::get_if<std::string>(&evaluated.value))
    return Value(String{steps.start_ms, std::move(*text)});
  if (auto* column = std::get_if<Column>(&evaluated.value))
    return Value(Scalar{steps.start_ms, (*column)[0]});
  return Value(ToVector(std::move(evaluated.grid()), steps.start_ms));
}

Result<Value> RangeValue(Evaluator& evaluator, const Expr& expr, const Steps& steps) {
  ASSIGN_OR_RETURN(Evaluated evaluated, evaluator.Eval(expr, steps));
  if (const auto* column = std::get_if<Column>(&evaluated.value)) return Value(ToMatrix(*column, steps));
  return Value(ToMatrix(std::move(evaluated.grid()), steps));
}

// What there is to say of an evaluation besides its value.
Result<Value> Finished(Evaluator& evaluator, const Expr& expr, Result<Value> value) {
  if (EvalStats* stats = evaluator.options().stats) {
    *stats = evaluator.stats();
    stats->work = evaluator.budget().work();
  }
  if (value.ok()) return value;
  evaluator.Blame(expr);
  return evaluator.Placed(std::move(value).error());
}

}  // namespace

Result<Value> EvaluateInstant(const Expr& expr, Instant at, const storage::Queryable& data,
                              const EvalOptions& options) {
  const Steps steps{storage::ToMillis(at), 1, 1};
  Evaluator evaluator({steps.start_ms, steps.start_ms, 0}, data, options);
  auto value = InstantValue(evaluator, expr, steps);
  return Finished(evaluator, expr, std::move(value));
}

Result<Value> EvaluateRange(const Expr& expr, Instant from, Instant to, Duration step,
                            const storage::Queryable& data, const EvalOptions& options) {
  if (expr.type != ValueType::kScalar && expr.type != ValueType::kVector) {
    return Error{Code::kInvalid, "invalid expression type " + std::string(1, '"') +
                                     std::string(ValueTypeName(expr.type)) +
                                     "\" for range query, must be Scalar or instant Vector"};
  }
  const int64_t step_ms = storage::ToMillis(step);
  if (step_ms <= 0)
    return Error{Code::kInvalid, "zero or negative query resolution step widths are not accepted"};
  if (to < from) return Error{Code::kInvalid, "end timestamp must not be before start time"};
  const int64_t start = storage::ToMillis(from);
  const auto count = static_cast<size_t>((storage::ToMillis(to) - start) / step_ms) + 1;
  if (count > options.max_samples) {
    return WithPlace({Code::kTooLarge, "query processing would load too many samples into memory"},
                     expr.place);
  }
  const Steps steps{start, step_ms, count};
  Evaluator evaluator({start, storage::ToMillis(to), step_ms}, data, options);
  auto value = RangeValue(evaluator, expr, steps);
  return Finished(evaluator, expr, std::move(value));
}

}  // namespace belfry::promql
