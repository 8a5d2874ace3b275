#include "rules/promql/evaluator.h"

#include <algorithm>
#include <cmath>

#include "rules/promql/functions.h"

namespace belfry::promql {
namespace {

constexpr uint64_t kWorkBetweenLooks = 100'000;  // how rarely `cancelled` is asked

size_t HeldBy(const Evaluated& evaluated) {
  if (const auto* grid = std::get_if<Grid>(&evaluated.value)) return grid->cells();
  if (const auto* column = std::get_if<Column>(&evaluated.value)) return column->size();
  return 0;
}

// The scalar arguments of a call, column by argument, read out by step.
class Params {
 public:
  static Result<Params> Of(Evaluator& evaluator, const Call& call, const Steps& steps) {
    Params params;
    for (const ExprPtr& arg : call.args) {
      if (arg->type != ValueType::kScalar) continue;
      ASSIGN_OR_RETURN(Column column, evaluator.EvalScalar(*arg, steps));
      params.columns_.push_back(std::move(column));
    }
    params.values_.resize(params.columns_.size());
    return params;
  }
  std::span<const double> At(size_t step) {
    for (size_t i = 0; i < columns_.size(); ++i) values_[i] = columns_[i][step];
    return values_;
  }

 private:
  std::vector<Column> columns_;
  std::vector<double> values_;
};

std::string PlaceText(Place place) { return std::to_string(place.line) + ":" + std::to_string(place.column); }

const Expr* ArgumentOf(const Call& call, ValueType type) {
  for (const ExprPtr& arg : call.args)
    if (arg->type == type) return arg.get();
  return nullptr;
}

}  // namespace

Result<void> Budget::Work(uint64_t amount) {
  work_ += amount;
  if (work_ > options_.max_work) return Error{Code::kTimeout, "query timed out: its work budget is used up"};
  if (work_ < next_look_) return {};
  next_look_ = work_ + kWorkBetweenLooks;
  if (options_.cancelled && options_.cancelled()) return Error{Code::kCancelled, "query was canceled"};
  return {};
}

Result<void> Budget::Hold(size_t count) {
  if (count > left())
    return Error{Code::kTooLarge, "query processing would load too many samples into memory"};
  held_ += count;
  return {};
}

Error WithPlace(Error error, Place place) {
  error.message += " (at " + PlaceText(place) + ")";
  return error;
}

void Evaluator::Blame(const Expr& expr) {
  if (!blamed_) blamed_ = expr.place;
}

Error Evaluator::NotPossibleAt(const Expr& expr, std::string message) {
  Blame(expr);
  return NotPossible(std::move(message));
}

Error Evaluator::Placed(Error error) const {
  // Whoever gave the query up did not do so because of a place in it.
  if (!blamed_ || error.code == Code::kCancelled) return error;
  return WithPlace(std::move(error), *blamed_);
}

Result<Evaluated> Evaluator::Eval(const Expr& expr, const Steps& steps) {
  auto evaluated = EvalCounted(expr, steps);
  if (!evaluated.ok()) Blame(expr);
  return evaluated;
}

Result<Evaluated> Evaluator::EvalCounted(const Expr& expr, const Steps& steps) {
  RETURN_IF_ERROR(budget_.Work(1));
  const size_t held = budget_.held();
  ASSIGN_OR_RETURN(Evaluated evaluated, EvalNode(expr, steps));
  // What the node needed on the way is gone; its result remains.
  budget_.SetHeld(held);
  RETURN_IF_ERROR(budget_.Hold(HeldBy(evaluated)));
  RETURN_IF_ERROR(budget_.Work(HeldBy(evaluated)));
  return evaluated;
}

Result<Evaluated> Evaluator::EvalNode(const Expr& expr, const Steps& steps) {
  if (const auto* n = std::get_if<NumberLiteral>(&expr.node)) {
    RETURN_IF_ERROR(budget_.Hold(steps.count));
    return Evaluated{Column(steps.count, n->value)};
  }
  if (const auto* n = std::get_if<StringLiteral>(&expr.node)) return Evaluated{n->value};
  if (const auto* n = std::get_if<Paren>(&expr.node)) return Eval(*n->expr, steps);
  if (const auto* n = std::get_if<Unary>(&expr.node)) return EvalUnary(*n, steps);
  if (const auto* n = std::get_if<Binary>(&expr.node)) return EvalBinary(*this, *n, steps);
  if (const auto* n = std::get_if<Call>(&expr.node)) return EvalCall(*n, steps);
  if (const auto* n = std::get_if<Aggregate>(&expr.node)) {
    ASSIGN_OR_RETURN(Grid grid, EvalAggregate(*this, *n, steps));
    return Evaluated{std::move(grid)};
  }
  if (const auto* n = std::get_if<VectorSelector>(&expr.node)) {
    ASSIGN_OR_RETURN(Grid grid, EvalSelector(*n, steps, false));
    return Evaluated{std::move(grid)};
  }
  return NotPossible("a range vector is no value of its own here");
}

Result<Grid> Evaluator::EvalVector(const Expr& expr, const Steps& steps) {
  ASSIGN_OR_RETURN(Evaluated evaluated, Eval(expr, steps));
  return std::move(evaluated.grid());
}

Result<Column> Evaluator::EvalScalar(const Expr& expr, const Steps& steps) {
  ASSIGN_OR_RETURN(Evaluated evaluated, Eval(expr, steps));
  return std::move(evaluated.column());
}

Result<Evaluated> Evaluator::EvalUnary(const Unary& unary, const Steps& steps) {
  ASSIGN_OR_RETURN(Evaluated operand, Eval(*unary.expr, steps));
  if (!unary.negative) return operand;
  if (auto* column = std::get_if<Column>(&operand.value)) {
    for (double& value : *column) value = -value;
    return operand;
  }
  for (size_t row = 0; row < operand.grid().rows(); ++row) {
    for (double& value : operand.grid().Row(row))
      if (Present(value)) value = -value;
  }
  ASSIGN_OR_RETURN(Grid grid, DropNames(std::move(operand.grid()), Is2()));
  return Evaluated{std::move(grid)};
}

Result<Evaluated> Evaluator::EvalCall(const Call& call, const Steps& steps) {
  const auto& run = call.function->run;
  if (const auto* special = std::get_if<SpecialFunction>(&run)) return (*special)(*this, call, steps);
  Result<Grid> grid = std::holds_alternative<RangeFunction>(run) ? CallRange(call, steps)
                      : std::holds_alternative<MapFunction>(run) ? CallMap(call, steps)
                                                                 : CallCalendar(call, steps);
  if (!grid.ok()) return std::move(grid).error();
  return Evaluated{*std::move(grid)};
}

Result<Grid> Evaluator::CallRange(const Call& call, const Steps& steps) {
  const auto function = std::get<RangeFunction>(call.function->run);
  ASSIGN_OR_RETURN(Params params, Params::Of(*this, call, steps));
  ASSIGN_OR_RETURN(RangeInput input, EvalRange(*ArgumentOf(call, ValueType::kMatrix), steps));
  RETURN_IF_ERROR(budget_.Hold(input.set.series.size() * steps.count));
  Grid grid(steps.count);
  grid.Reserve(input.set.series.size());
  grid.one_name = input.one_name;
  Window window{
      .samples = {}, .range_seconds = input.range_seconds, .params = {}, .dialect = options_.dialect};
  for (storage::SelectedSeries& series : input.set.series) {
    WindowCursor cursor(input.set.SamplesOf(series), input.closed);
    const auto cells = grid.AddRow(std::move(series.labels));
    uint64_t work = 0;
    for (size_t i = 0; i < steps.count; ++i) {
      window.at_ms = steps.At(i);
      window.to_ms = input.reference.At(steps, i);
      window.from_ms = window.to_ms - input.range_ms;
      window.samples = cursor.Move(window.from_ms, window.to_ms);
      work += window.samples.size();
      if (window.samples.empty()) continue;
      window.params = params.At(i);
      if (call.function->check != nullptr) RETURN_IF_ERROR(call.function->check(window.params));
      if (const auto value = function(window)) cells[i] = *value;
    }
    RETURN_IF_ERROR(budget_.Work(work));
  }
  grid.Prune();
  if (call.function->keeps_name) return Merged(std::move(grid), true);
  return DropNames(std::move(grid), true);
}

Result<Grid> Evaluator::CallMap(const Call& call, const Steps& steps) {
  const auto function = std::get<MapFunction>(call.function->run);
  ASSIGN_OR_RETURN(Grid grid, EvalVector(*ArgumentOf(call, ValueType::kVector), steps));
  ASSIGN_OR_RETURN(Params params, Params::Of(*this, call, steps));
  for (size_t i = 0; i < steps.count; ++i) {
    const auto values = params.At(i);
    for (size_t row = 0; row < grid.rows(); ++row) {
      double& cell = grid.Row(row)[i];
      if (Present(cell)) cell = function(cell, values);
    }
  }
  return DropNames(std::move(grid));
}

Result<Grid> Evaluator::CallCalendar(const Call& call, const Steps& steps) {
  const auto function = std::get<CalendarFunction>(call.function->run);
  if (call.args.empty()) {
    Grid grid(steps.count);
    const auto cells = grid.AddRow({});
    for (size_t i = 0; i < steps.count; ++i) cells[i] = function(steps.At(i) / 1000);
    return grid;
  }
  ASSIGN_OR_RETURN(Grid grid, EvalVector(*call.args[0], steps));
  // As Go converts float64 to int64 on amd64: what does not fit becomes the least integer.
  const auto whole = [](double v) { return std::fabs(v) < 9.2e18 ? static_cast<int64_t>(v) : INT64_MIN; };
  for (size_t row = 0; row < grid.rows(); ++row) {
    for (double& cell : grid.Row(row))
      if (Present(cell)) cell = function(whole(cell));
  }
  return DropNames(std::move(grid));
}

Result<Grid> Evaluator::DropNames(Grid grid, bool strict) {
  for (size_t row = 0; row < grid.rows(); ++row) grid.labels(row).Remove(model::kMetricName);
  if (grid.one_name) return grid;
  return Merged(std::move(grid), strict);
}

Result<Grid> Evaluator::Merged(Grid grid, bool strict) {
  if (!MergeEqualRows(grid, strict))
    return NotPossible("vector cannot contain metrics with the same labelset");
  return grid;
}

void Evaluator::Warn(const Expr& about, std::string_view warning) {
  if (options_.annotations != nullptr) Note(about, warning, options_.annotations->warnings);
}

void Evaluator::Inform(const Expr& about, std::string_view info) {
  if (options_.annotations != nullptr) Note(about, info, options_.annotations->infos);
}

void Evaluator::Note(const Expr& about, std::string_view text, std::vector<std::string>& notes) {
  std::string note = std::string(text) + " (" + PlaceText(about.place) + ")";
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

}  // namespace belfry::promql
