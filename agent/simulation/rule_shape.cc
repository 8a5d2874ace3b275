// Each expression is given a kind: a plain number, a one (what info series are: times it is nothing), or an
// instant (Unix seconds). An instant less an instant is a number; what mixes them in another way does not
// move with time. Everything that is not known to do so counts as not doing it.
#include "agent/simulation/rule_shape.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "exporters/model/labels.h"
#include "rules/promql/functions.h"
#include "rules/promql/parser.h"

namespace belfry::simulation {
namespace {

using promql::Expr;

enum class Quantity { kNumber, kOne, kInstant, kFixed };  // kFixed: does not move with time

bool IsPlain(Quantity quantity) { return quantity == Quantity::kNumber || quantity == Quantity::kOne; }

Quantity QuantityOfSeries(std::string_view name) {
  // Ages of what stays for ever, versions, and names that no two runs share.
  if (name == "kube_cronjob_created" || name == "kube_cronjob_metadata_resource_version" ||
      name.starts_with("kube_pod_"))
    return Quantity::kFixed;
  if (name == "ALERTS") return Quantity::kOne;
  if (name == "ALERTS_FOR_STATE") return Quantity::kInstant;
  if (!name.starts_with("kube_job_") && !name.starts_with("kube_cronjob_")) return Quantity::kFixed;
  if (name.ends_with("_info") || name.ends_with("_owner") || name.ends_with("_labels") ||
      name.ends_with("_annotations"))
    return Quantity::kOne;
  const bool instant = name.ends_with("_time") || name.ends_with("_created");
  return instant ? Quantity::kInstant : Quantity::kNumber;
}

// Names of Jobs are made of time.
bool SelectsByName(const promql::VectorSelector& selector) {
  return std::ranges::any_of(selector.matchers, [](const storage::Matcher& matcher) {
    return (matcher.name() == "job_name" || matcher.name() == "owner_uid") && !matcher.value().empty();
  });
}

class Classifier {
 public:
  void Define(const std::string& name, Quantity quantity) {
    const auto [known, added] = recorded_.try_emplace(name, quantity);
    if (!added && known->second != quantity) known->second = Quantity::kFixed;
  }

  Quantity Of(const Expr& expr) const {
    return std::visit([this](const auto& node) { return OfNode(node); }, expr.node);
  }

 private:
  Quantity OfNode(const promql::NumberLiteral&) const { return Quantity::kNumber; }
  Quantity OfNode(const promql::StringLiteral&) const { return Quantity::kNumber; }
  Quantity OfNode(const promql::MatrixSelector&) const { return Quantity::kFixed; }
  Quantity OfNode(const promql::Subquery&) const { return Quantity::kFixed; }
  Quantity OfNode(const promql::Paren& paren) const { return Of(*paren.expr); }

  Quantity OfNode(const promql::VectorSelector& selector) const {
    if (selector.at || selector.offset != Duration(0) || SelectsByName(selector)) return Quantity::kFixed;
    if (const auto it = recorded_.find(selector.name); it != recorded_.end()) return it->second;
    return QuantityOfSeries(selector.name);
  }

  Quantity OfNode(const promql::Unary& unary) const {
    const Quantity inner = Of(*unary.expr);
    if (!unary.negative) return inner;
    return IsPlain(inner) ? Quantity::kNumber : Quantity::kFixed;
  }

  Quantity OfNode(const promql::Binary& binary) const {
    const Quantity left = Of(*binary.left);
    const Quantity right = Of(*binary.right);
    if (left == Quantity::kFixed || right == Quantity::kFixed) return Quantity::kFixed;
    if (promql::IsSetOp(binary.op)) {
      if (binary.op != promql::BinaryOp::kOr || left == right) return left;
      return IsPlain(left) && IsPlain(right) ? Quantity::kNumber : Quantity::kFixed;
    }
    if (promql::IsComparison(binary.op)) {
      if (IsPlain(left) != IsPlain(right)) return Quantity::kFixed;
      return binary.return_bool ? Quantity::kNumber : left;
    }
    return OfArithmetic(binary.op, left, right);
  }

  static Quantity OfArithmetic(promql::BinaryOp op, Quantity left, Quantity right) {
    if (IsPlain(left) && IsPlain(right)) return Quantity::kNumber;
    switch (op) {
      case promql::BinaryOp::kAdd:
        return IsPlain(left) != IsPlain(right) ? Quantity::kInstant : Quantity::kFixed;
      case promql::BinaryOp::kSub:
        if (IsPlain(left)) return Quantity::kFixed;
        return IsPlain(right) ? Quantity::kInstant : Quantity::kNumber;
      case promql::BinaryOp::kMul:
        return left == Quantity::kOne || right == Quantity::kOne ? Quantity::kInstant : Quantity::kFixed;
      case promql::BinaryOp::kDiv:
        return right == Quantity::kOne ? Quantity::kInstant : Quantity::kFixed;
      default:
        return Quantity::kFixed;
    }
  }

  Quantity OfNode(const promql::Aggregate& aggregate) const {
    const Quantity inner = Of(*aggregate.expr);
    const Quantity param = aggregate.param ? Of(*aggregate.param) : Quantity::kNumber;
    if (inner == Quantity::kFixed || !IsPlain(param)) return Quantity::kFixed;
    switch (aggregate.op) {
      case promql::AggregateOp::kMin:
      case promql::AggregateOp::kMax:
      case promql::AggregateOp::kTopk:
      case promql::AggregateOp::kBottomk:
        return inner;
      case promql::AggregateOp::kCount:
        return Quantity::kNumber;
      case promql::AggregateOp::kGroup:
        return Quantity::kOne;
      case promql::AggregateOp::kSum:
      case promql::AggregateOp::kAvg:
      case promql::AggregateOp::kStddev:
      case promql::AggregateOp::kStdvar:
      case promql::AggregateOp::kQuantile:
        return IsPlain(inner) ? Quantity::kNumber : Quantity::kFixed;
      default:
        return Quantity::kFixed;
    }
  }

  Quantity OfNode(const promql::Call& call) const {
    const std::string_view name = call.function->name;
    if (name == "time") return Quantity::kInstant;
    if (call.args.empty()) return name == "pi" ? Quantity::kNumber : Quantity::kFixed;
    const Quantity first = Of(*call.args.front());
    if (name == "vector" || name == "scalar") return first;
    static constexpr std::string_view kOfNumbers[] = {"abs",       "absent", "ceil",  "clamp", "clamp_max",
                                                      "clamp_min", "exp",    "floor", "ln",    "log10",
                                                      "log2",      "round",  "sgn",   "sqrt"};
    const bool plain = std::ranges::all_of(call.args, [this](const auto& arg) { return IsPlain(Of(*arg)); });
    return plain && std::ranges::find(kOfNumbers, name) != std::end(kOfNumbers) ? Quantity::kNumber
                                                                                : Quantity::kFixed;
  }

  std::map<std::string, Quantity, std::less<>> recorded_;
};

// Whether the text of a label depends on what is found.
bool IsTemplate(const rule::TextMap& labels) {
  return std::ranges::any_of(labels,
                             [](const auto& label) { return label.second.find("{{") != std::string::npos; });
}

bool ReadsCounters(const Expr& expr) {
  bool reads = false;
  promql::Walk(expr, [&](const Expr& inner) {
    const auto* selector = std::get_if<promql::VectorSelector>(&inner.node);
    const auto* matrix = std::get_if<promql::MatrixSelector>(&inner.node);
    if (matrix != nullptr) selector = &matrix->selector;
    if (selector == nullptr) return;
    reads |= !selector->name.starts_with("kube_") && selector->name.find(':') == std::string::npos &&
             !selector->name.starts_with("ALERTS");
  });
  return reads;
}

// A template of an annotation may ask for any series.
bool Queries(const rule::TextMap& texts) {
  return std::ranges::any_of(texts, [](const auto& text) {
    return text.second.find("{{") != std::string::npos && text.second.find("query") != std::string::npos;
  });
}

// Of every selector in the expression; empty for one that names no series.
std::vector<std::string> NamesRead(const Expr& expr) {
  std::vector<std::string> names;
  promql::Walk(expr, [&](const Expr& inner) {
    const auto* selector = std::get_if<promql::VectorSelector>(&inner.node);
    const auto* matrix = std::get_if<promql::MatrixSelector>(&inner.node);
    if (matrix != nullptr) selector = &matrix->selector;
    if (selector != nullptr) names.push_back(selector->name);
  });
  return names;
}

bool ReadsOnlyForward(const std::vector<rule::GroupSpec>& groups) {
  std::map<std::string, int> writers;
  for (const rule::GroupSpec& group : groups) {
    for (const rule::RuleSpec& rule : group.rules) ++writers[rule.record];
  }
  for (const rule::GroupSpec& group : groups) {
    std::set<std::string> written;  // by the rules before, and by no other
    for (const rule::RuleSpec& rule : group.rules) {
      const auto expr = promql::Parse(rule.expr, {});
      if (!expr.ok() || Queries(rule.labels)) return false;
      for (const std::string& name : NamesRead(**expr)) {
        if (name.empty() || name.starts_with("ALERTS")) return false;
        if (writers.contains(name) && !written.contains(name)) return false;
      }
      if (writers.at(rule.record) == 1) written.insert(rule.record);
    }
  }
  return true;
}

}  // namespace

RuleShape ShapeOf(const std::vector<rule::GroupSpec>& groups) {
  RuleShape shape;
  shape.reads_only_forward = ReadsOnlyForward(groups);
  Classifier classifier;
  for (const rule::GroupSpec& group : groups) {
    if (group.query_offset != Duration(0) || group.limit > 0) shape.moves_with_time = false;
    for (const rule::RuleSpec& rule : group.rules) {
      const auto expr = promql::Parse(rule.expr, {});
      if (!expr.ok()) return {.needs_counters = true, .moves_with_time = false, .reads_only_forward = false};
      const Quantity quantity = classifier.Of(**expr);
      if (!rule.record.empty()) classifier.Define(rule.record, quantity);
      if (quantity == Quantity::kFixed || IsTemplate(rule.labels)) shape.moves_with_time = false;
      shape.needs_counters |= ReadsCounters(**expr) || Queries(rule.annotations) || Queries(rule.labels);
    }
  }
  return shape;
}

}  // namespace belfry::simulation
