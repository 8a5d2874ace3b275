#include "rules/api/parse_query.h"

#include <nlohmann/json.hpp>

#include "rules/promql/functions.h"
#include "rules/promql/text.h"
#include "rules/storage/sample.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

Json Child(const promql::ExprPtr& expr) { return expr == nullptr ? Json() : TreeJson(*expr); }

void AddTime(Duration offset, const std::optional<promql::AtModifier>& at, Json& json) {
  using Kind = promql::AtModifier::Kind;
  json["offset"] = storage::ToMillis(offset);
  json["timestamp"] = at && at->kind == Kind::kTime ? Json(at->time_ms) : Json();
  json["startOrEnd"] =
      !at || at->kind == Kind::kTime ? Json() : Json(at->kind == Kind::kStart ? "start" : "end");
}

Json MatchersJson(const std::vector<storage::Matcher>& matchers) {
  Json list = Json::array();
  for (const storage::Matcher& matcher : matchers) {
    list.push_back(
        {{"name", matcher.name()}, {"type", storage::MatchOpText(matcher.op())}, {"value", matcher.value()}});
  }
  return list;
}

Json SelectorJson(const char* type, const promql::VectorSelector& selector) {
  Json json = {{"type", type}, {"name", selector.name}, {"matchers", MatchersJson(selector.matchers)}};
  AddTime(selector.offset, selector.at, json);
  return json;
}

Json MatchingJson(const promql::VectorMatching& matching) {
  constexpr const char* kCards[] = {"one-to-one", "many-to-one", "one-to-many", "many-to-many"};
  return {{"card", kCards[static_cast<size_t>(matching.card)]},
          {"labels", matching.labels},
          {"on", matching.on},
          {"include", matching.include}};
}

struct Node {
  Json operator()(const promql::NumberLiteral& n) const {
    return {{"type", "numberLiteral"}, {"val", promql::FormatPlain(n.value)}};
  }
  Json operator()(const promql::StringLiteral& n) const {
    return {{"type", "stringLiteral"}, {"val", n.value}};
  }
  Json operator()(const promql::VectorSelector& n) const { return SelectorJson("vectorSelector", n); }
  Json operator()(const promql::MatrixSelector& n) const {
    Json json = SelectorJson("matrixSelector", n.selector);
    json["range"] = storage::ToMillis(n.range);
    return json;
  }
  Json operator()(const promql::Subquery& n) const {
    Json json = {{"type", "subquery"},
                 {"expr", Child(n.expr)},
                 {"range", storage::ToMillis(n.range)},
                 {"step", storage::ToMillis(n.step)}};
    AddTime(n.offset, n.at, json);
    return json;
  }
  Json operator()(const promql::Paren& n) const { return {{"type", "parenExpr"}, {"expr", Child(n.expr)}}; }
  Json operator()(const promql::Unary& n) const {
    return {{"type", "unaryExpr"}, {"op", n.negative ? "-" : "+"}, {"expr", Child(n.expr)}};
  }
  Json operator()(const promql::Binary& n) const {
    return {{"type", "binaryExpr"},
            {"op", promql::BinaryOpText(n.op)},
            {"lhs", Child(n.left)},
            {"rhs", Child(n.right)},
            {"matching", n.matching ? MatchingJson(*n.matching) : Json()},
            {"bool", n.return_bool}};
  }
  Json operator()(const promql::Call& n) const {
    Json args = Json::array();
    for (const promql::ExprPtr& arg : n.args) args.push_back(Child(arg));
    Json types = Json::array();
    for (const promql::ValueType type : n.function->args) types.push_back(promql::ValueTypeApiName(type));
    return {{"type", "call"},
            {"func",
             {{"name", n.function->name},
              {"argTypes", std::move(types)},
              {"variadic", n.function->variadic},
              {"returnType", promql::ValueTypeApiName(n.function->returns)}}},
            {"args", std::move(args)}};
  }
  Json operator()(const promql::Aggregate& n) const {
    return {{"type", "aggregation"},  {"op", promql::AggregateOpText(n.op)},
            {"expr", Child(n.expr)},  {"param", Child(n.param)},
            {"grouping", n.grouping}, {"without", n.without}};
  }
};

}  // namespace

Json TreeJson(const promql::Expr& expr) { return std::visit(Node(), expr.node); }

}  // namespace belfry::rules_api
