#include "rules/promql/ast.h"

#include <array>

#include "rules/promql/value.h"

namespace belfry::promql {

std::string_view ValueTypeName(ValueType type) {
  constexpr std::array<std::string_view, 4> kNames = {"scalar", "string", "instant vector", "range vector"};
  return kNames[static_cast<size_t>(type)];
}

std::string_view ValueTypeApiName(ValueType type) {
  constexpr std::array<std::string_view, 4> kNames = {"scalar", "string", "vector", "matrix"};
  return kNames[static_cast<size_t>(type)];
}

std::string_view BinaryOpText(BinaryOp op) {
  constexpr std::array<std::string_view, 16> kTexts = {
      "+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"};
  return kTexts[static_cast<size_t>(op)];
}

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kLessEqual; }
bool IsSetOp(BinaryOp op) { return op >= BinaryOp::kAnd; }

std::string_view AggregateOpText(AggregateOp op) {
  constexpr std::array<std::string_view, 14> kTexts = {
      "sum",    "avg",  "count",   "min",          "max",      "group",  "stddev",
      "stdvar", "topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"};
  return kTexts[static_cast<size_t>(op)];
}

ValueType TypeOf(const Value& value) { return static_cast<ValueType>(value.index()); }

}  // namespace belfry::promql
