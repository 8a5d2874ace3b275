// The type checker. It walks bottom-up, left to right, so the first complaint is the one a reader meets
// first.
#include <algorithm>

#include "rules/promql/functions.h"
#include "rules/promql/parse_state.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

void Check(Expr& expr);

std::string Name(ValueType type) { return std::string(ValueTypeName(type)); }

void ExpectType(Expr& expr, ValueType want, std::string_view context) {
  Check(expr);
  if (expr.type == want) return;
  FailAt(expr.position,
         "expected type " + Name(want) + " in " + std::string(context) + ", got " + Name(expr.type));
}

// Between the operands: where the operator and its modifiers are.
Position OperatorPosition(const Binary& binary) {
  return {binary.left->position.end + 1, binary.right->position.begin};
}

void CheckMatching(const Expr& expr, Binary& binary) {
  VectorMatching& matching = *binary.matching;
  if (matching.on) {
    for (const std::string& label : matching.labels) {
      if (std::find(matching.include.begin(), matching.include.end(), label) != matching.include.end()) {
        FailAt(OperatorPosition(binary),
               "label " + Quote(label) + " must not occur in ON and GROUP clause at once");
      }
    }
  }
  const bool vectors = binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector;
  if (!vectors) {
    if (!matching.labels.empty())
      FailAt(expr.position, "vector matching only allowed between instant vectors");
    binary.matching.reset();
    return;
  }
  if (!IsSetOp(binary.op)) return;
  if (matching.card != Cardinality::kOneToOne && matching.card != Cardinality::kManyToMany) {
    FailAt(expr.position, "no grouping allowed for " + Quote(BinaryOpText(binary.op)) + " operation");
  }
  matching.card = Cardinality::kManyToMany;
}

void CheckBinary(Expr& expr, Binary& binary) {
  Check(*binary.left);
  Check(*binary.right);
  const ValueType left = binary.left->type;
  const ValueType right = binary.right->type;
  if (binary.return_bool && !IsComparison(binary.op)) {
    FailAt(OperatorPosition(binary), "bool modifier can only be used on comparison operators");
  }
  const bool scalars = left == ValueType::kScalar && right == ValueType::kScalar;
  if (IsComparison(binary.op) && !binary.return_bool && scalars) {
    FailAt(OperatorPosition(binary), "comparisons between scalars must use BOOL modifier");
  }
  for (const Expr* side : {binary.left.get(), binary.right.get()}) {
    if (side->type != ValueType::kScalar && side->type != ValueType::kVector) {
      FailAt(side->position, "binary expression must contain only scalar and instant vector types");
    }
  }
  CheckMatching(expr, binary);
  if (IsSetOp(binary.op) && !binary.matching) {
    FailAt(expr.position,
           "set operator " + Quote(BinaryOpText(binary.op)) + " not allowed in binary scalar expression");
  }
  expr.type = scalars ? ValueType::kScalar : ValueType::kVector;
}

void CheckArgumentCount(const Expr& expr, const Call& call) {
  const FunctionInfo& function = *call.function;
  const size_t got = call.args.size();
  const auto fail = [&](std::string_view bound, size_t count) {
    FailAt(expr.position, "expected " + std::string(bound) + std::to_string(count) +
                              " argument(s) in call to " + Quote(function.name) + ", got " +
                              std::to_string(got));
  };
  const size_t listed = function.args.size();
  if (function.variadic == 0) {
    if (got != listed) fail("", listed);
    return;
  }
  const size_t least = listed - 1;
  if (got < least) fail("at least ", least);
  if (function.variadic > 0 && got > least + static_cast<size_t>(function.variadic)) {
    fail("at most ", least + static_cast<size_t>(function.variadic));
  }
}

void CheckCall(Expr& expr, Call& call) {
  CheckArgumentCount(expr, call);
  const FunctionInfo& function = *call.function;
  for (size_t i = 0; i < call.args.size(); ++i) {
    const ValueType want = function.args[std::min(i, function.args.size() - 1)];
    ExpectType(*call.args[i], want, "call to function " + Quote(function.name));
  }
}

void CheckAggregate(Aggregate& aggregate) {
  ExpectType(*aggregate.expr, ValueType::kVector, "aggregation expression");
  if (!aggregate.param) return;
  const bool text = aggregate.op == AggregateOp::kCountValues;
  ExpectType(*aggregate.param, text ? ValueType::kString : ValueType::kScalar, "aggregation parameter");
}

void CheckSelector(const Expr& expr, const VectorSelector& selector) {
  const auto& matchers = selector.matchers;
  if (!selector.name.empty()) {
    for (size_t i = 0; i + 1 < matchers.size(); ++i) {
      if (matchers[i].name() == model::kMetricName) {
        FailAt(expr.position, "metric name must not be set twice: " + Quote(selector.name) + " or " +
                                  Quote(matchers[i].value()));
      }
    }
    return;
  }
  const auto bare = [](const storage::Matcher& m) { return m.MatchesEmpty(); };
  if (std::all_of(matchers.begin(), matchers.end(), bare)) {
    FailAt(expr.position, "vector selector must contain at least one non-empty matcher");
  }
}

void Check(Expr& expr) {
  if (auto* n = std::get_if<Binary>(&expr.node)) return CheckBinary(expr, *n);
  if (auto* n = std::get_if<Call>(&expr.node)) return CheckCall(expr, *n);
  if (auto* n = std::get_if<Aggregate>(&expr.node)) return CheckAggregate(*n);
  if (auto* n = std::get_if<VectorSelector>(&expr.node)) return CheckSelector(expr, *n);
  if (auto* n = std::get_if<MatrixSelector>(&expr.node)) return CheckSelector(expr, n->selector);
  if (auto* n = std::get_if<Paren>(&expr.node)) {
    Check(*n->expr);
    expr.type = n->expr->type;
  } else if (auto* u = std::get_if<Unary>(&expr.node)) {
    Check(*u->expr);
    if (u->expr->type != ValueType::kScalar && u->expr->type != ValueType::kVector) {
      FailAt(expr.position,
             "unary expression only allowed on expressions of type scalar or instant vector, got " +
                 Quote(ValueTypeName(u->expr->type)));
    }
    expr.type = u->expr->type;
  } else if (auto* s = std::get_if<Subquery>(&expr.node)) {
    Check(*s->expr);
    if (s->expr->type != ValueType::kVector) {
      FailAt(expr.position, "subquery is only allowed on instant vector, got " +
                                std::string(ValueTypeApiName(s->expr->type)) + " instead");
    }
  }
}

}  // namespace

void CheckTypes(Expr& expr) { Check(expr); }

}  // namespace belfry::promql
