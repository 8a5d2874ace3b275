#include "rules/promql/printer.h"

#include <algorithm>
#include <limits>

#include "rules/promql/functions.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

constexpr size_t kWidth = 100;  // of text on one line, the indent not counted

std::string LabelText(const std::string& name) { return IsPlainLabelName(name) ? name : Quote(name); }

std::string ListText(const std::vector<std::string>& names) {
  std::string out = "(";
  for (const std::string& name : names) {
    if (out.size() > 1) out += ", ";
    out += LabelText(name);
  }
  return out + ")";
}

// What is no whole millisecond has only the form of a number of seconds.
std::string DurationText(Duration d) {
  if (d.count() % 1'000'000 == 0) return FormatPromDuration(d);
  return FormatPlain(static_cast<double>(d.count()) / 1e9);
}

std::string ModifierText(Duration offset, const std::optional<AtModifier>& at) {
  std::string out;
  if (at) {
    switch (at->kind) {
      case AtModifier::Kind::kStart:
        out += " @ start()";
        break;
      case AtModifier::Kind::kEnd:
        out += " @ end()";
        break;
      case AtModifier::Kind::kTime: {
        const int64_t ms = at->time_ms < 0 ? -at->time_ms : at->time_ms;
        const std::string rest = std::to_string(1000 + ms % 1000).substr(1);
        out += std::string(" @ ") + (at->time_ms < 0 ? "-" : "") + std::to_string(ms / 1000) + "." + rest;
      }
    }
  }
  if (offset != Duration(0)) out += " offset " + DurationText(offset);
  return out;
}

std::string MatchersText(const VectorSelector& selector) {
  std::vector<std::string> texts;
  const size_t count =
      selector.matchers.size() - (selector.name.empty() ? 0 : 1);  // the last is for the name
  for (size_t i = 0; i < count; ++i) {
    const storage::Matcher& m = selector.matchers[i];
    texts.push_back(LabelText(m.name()) + std::string(storage::MatchOpText(m.op())) + Quote(m.value()));
  }
  if (texts.empty() && !selector.name.empty()) return {};
  std::sort(texts.begin(), texts.end());
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + text;
  return "{" + list + "}";
}

std::string RangeText(const MatrixSelector& matrix) {
  const VectorSelector& s = matrix.selector;
  return s.name + MatchersText(s) + "[" + DurationText(matrix.range) + "]" + ModifierText(s.offset, s.at);
}

std::string SubqueryTail(const Subquery& subquery) {
  const std::string step = subquery.step == Duration(0) ? "" : DurationText(subquery.step);
  return "[" + DurationText(subquery.range) + ":" + step + "]" + ModifierText(subquery.offset, subquery.at);
}

std::string NumberText(const NumberLiteral& number) {
  const double ns = number.value * 1e9;
  const bool exact = number.as_duration && ns == static_cast<double>(static_cast<int64_t>(ns)) && ns != 0;
  if (exact) {
    const Duration d(static_cast<int64_t>(ns));
    if (d.count() % 1'000'000 == 0) return FormatPromDuration(d);
  }
  // Without a sign: `+Inf ^ x` would read as +(Inf ^ x).
  return number.value == std::numeric_limits<double>::infinity() ? "Inf" : FormatPlain(number.value);
}

// ` bool on (a) group_left (b)`
std::string OperatorText(const Binary& binary) {
  std::string out(BinaryOpText(binary.op));
  if (binary.return_bool) out += " bool";
  if (!binary.matching) return out;
  const VectorMatching& m = *binary.matching;
  const bool grouped = m.card == Cardinality::kManyToOne || m.card == Cardinality::kOneToMany;
  if (m.on || !m.labels.empty() || grouped) out += (m.on ? " on " : " ignoring ") + ListText(m.labels);
  if (grouped) {
    out += (m.card == Cardinality::kManyToOne ? " group_left " : " group_right ") + ListText(m.include);
  }
  return out;
}

std::string AggregateHead(const Aggregate& aggregate) {
  std::string out(AggregateOpText(aggregate.op));
  if (aggregate.without) return out + " without " + ListText(aggregate.grouping) + " ";
  return aggregate.grouping.empty() ? out : out + " by " + ListText(aggregate.grouping) + " ";
}

// `open a, b close`, on one line or with each part on its own.
template <class F>
std::string Enclosed(const std::vector<const Expr*>& parts, bool pretty, size_t depth, F format) {
  if (!pretty) {
    std::string out = "(";
    for (const Expr* part : parts) out += (out.size() > 1 ? ", " : "") + format(*part, depth);
    return out + ")";
  }
  const std::string indent(2 * (depth + 1), ' ');
  std::string out = "(";
  for (const Expr* part : parts) {
    out += (part == parts.front() ? "\n" : ",\n") + indent + format(*part, depth + 1);
  }
  return out + "\n" + std::string(2 * depth, ' ') + ")";
}

// Formats at an indentation of `depth`; the first line is not indented.
class Printer {
 public:
  explicit Printer(bool pretty) : pretty_(pretty) {}

  std::string Print(const Expr& expr, size_t depth) const {
    // Much text cannot become one line; not trying keeps the work linear.
    if (pretty_ && expr.position.end - expr.position.begin < 10 * kWidth) {
      std::string line = Printer(false).Print(expr, 0);
      if (line.size() <= kWidth) return line;
    }
    return std::visit([&](const auto& node) { return Node(node, depth); }, expr.node);
  }

 private:
  std::string List(const std::vector<const Expr*>& parts, size_t depth) const {
    return Enclosed(parts, pretty_ && !parts.empty(), depth,
                    [this](const Expr& part, size_t d) { return Print(part, d); });
  }
  std::string Node(const NumberLiteral& n, size_t) const { return NumberText(n); }
  std::string Node(const StringLiteral& n, size_t) const { return Quote(n.value); }
  std::string Node(const VectorSelector& n, size_t) const { return FormatSelector(n); }
  std::string Node(const MatrixSelector& n, size_t) const { return RangeText(n); }
  std::string Node(const Paren& n, size_t depth) const { return List({n.expr.get()}, depth); }
  std::string Node(const Unary& n, size_t depth) const {
    return (n.negative ? "-" : "+") + Print(*n.expr, depth);
  }
  std::string Node(const Subquery& n, size_t depth) const { return Print(*n.expr, depth) + SubqueryTail(n); }
  std::string Node(const Binary& n, size_t depth) const {
    if (!pretty_) return Print(*n.left, 0) + " " + OperatorText(n) + " " + Print(*n.right, 0);
    const std::string indent(2 * depth, ' ');
    return "  " + Print(*n.left, depth + 1) + "\n" + indent + OperatorText(n) + "\n  " + indent +
           Print(*n.right, depth + 1);
  }
  std::string Node(const Call& n, size_t depth) const {
    std::vector<const Expr*> args;
    for (const ExprPtr& arg : n.args) args.push_back(arg.get());
    return std::string(n.function->name) + List(args, depth);
  }
  std::string Node(const Aggregate& n, size_t depth) const {
    std::vector<const Expr*> args;
    if (n.param) args.push_back(n.param.get());
    args.push_back(n.expr.get());
    return AggregateHead(n) + List(args, depth);
  }

  bool pretty_;
};

}  // namespace

std::string Format(const Expr& expr) { return Printer(false).Print(expr, 0); }
std::string FormatPretty(const Expr& expr) { return Printer(true).Print(expr, 0); }

std::string FormatSelector(const VectorSelector& selector) {
  return selector.name + MatchersText(selector) + ModifierText(selector.offset, selector.at);
}

}  // namespace belfry::promql
