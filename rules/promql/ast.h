// PromQL expressions as trees of values.
// Source: the language of Prometheus 3.x, with 2.x where Dialect says so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/time.h"
#include "rules/storage/matcher.h"

namespace belfry::promql {

// Which Prometheus' rules apply where they differ (docs/promql.md).
enum class Dialect { kPrometheus3, kPrometheus2 };

enum class ValueType { kScalar, kString, kVector, kMatrix };
std::string_view ValueTypeName(ValueType type);     // "scalar", "string", "instant vector", "range vector"
std::string_view ValueTypeApiName(ValueType type);  // "scalar", "string", "vector", "matrix"

// Bytes [begin, end) of the text.
struct Position {
  uint32_t begin = 0;
  uint32_t end = 0;

  bool operator==(const Position&) const = default;
};

// From 1; columns count bytes.
struct Place {
  uint32_t line = 1;
  uint32_t column = 1;

  bool operator==(const Place&) const = default;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct NumberLiteral {
  double value = 0;
  bool as_duration = false;  // was written `1h30m`
};

struct StringLiteral {
  std::string value;
};

// `@ 12.5`, `@ start()`, `@ end()`.
struct AtModifier {
  enum class Kind { kTime, kStart, kEnd };
  Kind kind = Kind::kTime;
  int64_t time_ms = 0;

  bool operator==(const AtModifier&) const = default;
};

struct VectorSelector {
  std::string name;                        // as written before the braces; may be empty
  std::vector<storage::Matcher> matchers;  // all of them, the one for the name included
  Duration offset{0};
  std::optional<AtModifier> at;
};

// `selector[range]`; offset and @ are the selector's.
struct MatrixSelector {
  VectorSelector selector;
  Duration range{0};
};

struct Subquery {
  ExprPtr expr;
  Duration range{0};
  Duration step{0};  // 0: the default evaluation interval
  Duration offset{0};
  std::optional<AtModifier> at;
};

struct Paren {
  ExprPtr expr;
};

struct Unary {
  bool negative = false;  // else plus
  ExprPtr expr;
};

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kGreater,
  kLess,
  kGreaterEqual,
  kLessEqual,
  kAnd,
  kOr,
  kUnless,
};
std::string_view BinaryOpText(BinaryOp op);
bool IsComparison(BinaryOp op);
bool IsSetOp(BinaryOp op);

enum class Cardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

struct VectorMatching {
  Cardinality card = Cardinality::kOneToOne;
  bool on = false;                   // labels are those to match on, else those to ignore
  std::vector<std::string> labels;   // of on() or ignoring()
  std::vector<std::string> include;  // of group_left() or group_right()
};

struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  std::optional<VectorMatching> matching;  // set when both sides are vectors
  ExprPtr left;
  ExprPtr right;
};

struct FunctionInfo;  // functions.h

struct Call {
  const FunctionInfo* function = nullptr;
  std::vector<ExprPtr> args;
};

enum class AggregateOp {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kCountValues,
  kQuantile,
  kLimitk,
  kLimitRatio,
};
std::string_view AggregateOpText(AggregateOp op);

struct Aggregate {
  AggregateOp op = AggregateOp::kSum;
  bool without = false;
  std::vector<std::string> grouping;
  ExprPtr param;  // of topk, quantile, …; else null
  ExprPtr expr;
};

struct Expr {
  Position position;
  Place place;  // where errors of its evaluation point: a Binary's operator, else the first byte
  ValueType type = ValueType::kScalar;
  uint32_t depth = 1;  // levels of the tree from here down
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Paren, Unary, Binary,
               Call, Aggregate>
      node;
};

// Calls `visit` for every expression directly below `expr`, left to right.
template <class F>
void ForEachChild(const Expr& expr, F&& visit) {
  if (auto* n = std::get_if<Subquery>(&expr.node)) visit(*n->expr);
  if (auto* n = std::get_if<Paren>(&expr.node)) visit(*n->expr);
  if (auto* n = std::get_if<Unary>(&expr.node)) visit(*n->expr);
  if (auto* n = std::get_if<Binary>(&expr.node)) visit(*n->left), visit(*n->right);
  if (auto* n = std::get_if<Call>(&expr.node))
    for (const ExprPtr& arg : n->args) visit(*arg);
  if (auto* n = std::get_if<Aggregate>(&expr.node)) {
    if (n->param) visit(*n->param);
    visit(*n->expr);
  }
}

// Calls `visit` for `expr` and every expression below it, parents first.
template <class F>
void Walk(const Expr& expr, F&& visit) {
  visit(expr);
  ForEachChild(expr, [&](const Expr& child) { Walk(child, visit); });
}

}  // namespace belfry::promql
