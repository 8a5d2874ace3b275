// Binary operators with at least one scalar; two vectors go to vector_match.cc.
#include <cmath>

#include "rules/promql/evaluator.h"
#include "rules/promql/go_math.h"

namespace belfry::promql {

double Compute(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd:
      return left + right;
    case BinaryOp::kSub:
      return left - right;
    case BinaryOp::kMul:
      return left * right;
    case BinaryOp::kDiv:
      return left / right;
    case BinaryOp::kMod:
      return std::fmod(left, right);
    case BinaryOp::kPow:
      return go_math::Pow(left, right);
    case BinaryOp::kAtan2:
      return go_math::Atan2(left, right);
    case BinaryOp::kEqual:
      return left == right ? 1 : 0;
    case BinaryOp::kNotEqual:
      return left != right ? 1 : 0;
    case BinaryOp::kGreater:
      return left > right ? 1 : 0;
    case BinaryOp::kLess:
      return left < right ? 1 : 0;
    case BinaryOp::kGreaterEqual:
      return left >= right ? 1 : 0;
    case BinaryOp::kLessEqual:
      return left <= right ? 1 : 0;
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kUnless:
      break;
  }
  return 0;
}

bool ChangesMeaning(const Binary& binary, Dialect dialect) {
  if (binary.return_bool) return true;
  if (binary.op == BinaryOp::kAtan2) return dialect == Dialect::kPrometheus3;  // 2.x forgot it
  return !IsComparison(binary.op);
}

namespace {

Column OfScalars(BinaryOp op, Column left, const Column& right) {
  for (size_t i = 0; i < left.size(); ++i) left[i] = Compute(op, left[i], right[i]);
  return left;
}

// A comparison without `bool` keeps the vector's own value, on whichever side it stands.
Result<Grid> WithScalar(Evaluator& evaluator, const Binary& binary, Grid grid, const Column& scalar,
                        bool scalar_left) {
  const bool filter = IsComparison(binary.op) && !binary.return_bool;
  for (size_t row = 0; row < grid.rows(); ++row) {
    const auto cells = grid.Row(row);
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!Present(cells[i])) continue;
      const double left = scalar_left ? scalar[i] : cells[i];
      const double right = scalar_left ? cells[i] : scalar[i];
      const double result = Compute(binary.op, left, right);
      if (!filter) {
        cells[i] = result;
      } else if (result == 0) {
        cells[i] = Absent();
      }
    }
  }
  if (ChangesMeaning(binary, evaluator.options().dialect)) return evaluator.DropNames(std::move(grid));
  grid.Prune();
  return grid;
}

}  // namespace

Result<Evaluated> EvalBinary(Evaluator& evaluator, const Binary& binary, const Steps& steps) {
  ASSIGN_OR_RETURN(Evaluated left, evaluator.Eval(*binary.left, steps));
  ASSIGN_OR_RETURN(Evaluated right, evaluator.Eval(*binary.right, steps));
  auto* left_scalar = std::get_if<Column>(&left.value);
  auto* right_scalar = std::get_if<Column>(&right.value);
  if (left_scalar != nullptr && right_scalar != nullptr) {
    return Evaluated{OfScalars(binary.op, std::move(*left_scalar), *right_scalar)};
  }
  Result<Grid> grid = Grid(steps.count);
  if (left_scalar != nullptr) {
    grid = WithScalar(evaluator, binary, std::move(right.grid()), *left_scalar, true);
  } else if (right_scalar != nullptr) {
    grid = WithScalar(evaluator, binary, std::move(left.grid()), *right_scalar, false);
  } else if (IsSetOp(binary.op)) {
    grid = CombineSets(evaluator, binary, std::move(left.grid()), std::move(right.grid()));
  } else {
    grid = MatchVectors(evaluator, binary, std::move(left.grid()), std::move(right.grid()));
  }
  if (!grid.ok()) return std::move(grid).error();
  return Evaluated{*std::move(grid)};
}

}  // namespace belfry::promql
