// Selectors, ranges, subqueries, offset and @.
#include <cmath>

#include "rules/promql/parse_state.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

constexpr std::string_view kDurationWords = "number or duration";

// Offset and @ of whatever may carry them; null members: it may not.
struct Modifiers {
  Duration* offset = nullptr;
  std::optional<AtModifier>* at = nullptr;
};

Modifiers ModifiersOf(Expr& expr) {
  if (auto* s = std::get_if<VectorSelector>(&expr.node)) return {&s->offset, &s->at};
  if (auto* s = std::get_if<MatrixSelector>(&expr.node)) return {&s->selector.offset, &s->selector.at};
  if (auto* s = std::get_if<Subquery>(&expr.node)) return {&s->offset, &s->at};
  return {};
}

// Seconds as a Duration, rounded to nanoseconds. Requires: within range.
Duration FromSeconds(double seconds) { return Duration(static_cast<int64_t>(std::round(seconds * 1e9))); }
bool InRange(double seconds) { return std::fabs(seconds) < 9.2e9; }

}  // namespace

bool ParseState::AtSign() const {
  return At(Tok::kOperator) && (Peek().op == BinaryOp::kAdd || Peek().op == BinaryOp::kSub);
}

bool ParseState::StartsSelector() const {
  switch (Peek().kind) {
    case Tok::kIdentifier:
    case Tok::kMetricIdentifier:
    case Tok::kLeftBrace:
    case Tok::kAggregate:
    case Tok::kOffset:
    case Tok::kBy:
    case Tok::kWithout:
    case Tok::kStart:
    case Tok::kEndWord:
      return true;
    case Tok::kOperator:
      return Peek().op >= BinaryOp::kAnd;  // and, or, unless as metric names
    default:
      return false;
  }
}

ExprPtr ParseState::ParseVectorSelector() {
  const uint32_t begin = Peek().position.begin;
  VectorSelector selector = ParseSelectorBody();
  return Make(begin, ValueType::kVector, std::move(selector));
}

VectorSelector ParseState::ParseSelectorBody() {
  VectorSelector selector;
  if (!At(Tok::kLeftBrace)) selector.name = Take().text;
  if (Accept(Tok::kLeftBrace)) ParseMatchers(selector);
  if (!selector.name.empty()) {
    selector.matchers.push_back(storage::Matcher::Equal(std::string(model::kMetricName), selector.name));
  }
  return selector;
}

void ParseState::ParseMatchers(VectorSelector& selector) {
  while (!Accept(Tok::kRightBrace)) {
    ParseMatcher(selector);
    if (At(Tok::kRightBrace)) continue;
    if (!Accept(Tok::kComma)) Unexpected("label matching", "\",\" or \"}\"");
  }
}

void ParseState::ParseMatcher(VectorSelector& selector) {
  const bool quoted = At(Tok::kString) && !Is2();
  if (!quoted && !At(Tok::kIdentifier)) Unexpected("label matching", "identifier or \"}\"");
  const Token& name = Take();
  std::string label = quoted ? StringValue(name) : name.text;
  storage::MatchOp op = storage::MatchOp::kEqual;
  if (At(Tok::kAssign)) {
    op = storage::MatchOp::kEqual;
  } else if (At(Tok::kRegexMatch)) {
    op = storage::MatchOp::kRegex;
  } else if (At(Tok::kRegexNotMatch)) {
    op = storage::MatchOp::kNotRegex;
  } else if (At(Tok::kOperator) && Peek().op == BinaryOp::kNotEqual) {
    op = storage::MatchOp::kNotEqual;
  } else if (quoted) {  // {"metric name", …}
    selector.matchers.push_back(storage::Matcher::Equal(std::string(model::kMetricName), std::move(label)));
    return;
  } else {
    Unexpected("label matching", "label matching operator");
  }
  Take();
  if (!At(Tok::kString)) Unexpected("label matching", "string");
  const Token& value = Take();
  selector.matchers.push_back(MakeMatcher(name, std::move(label), op, value));
}

storage::Matcher ParseState::MakeMatcher(const Token& name, std::string label, storage::MatchOp op,
                                         const Token& value) {
  auto matcher = storage::Matcher::Make(std::move(label), op, StringValue(value), !Is2());
  if (!matcher.ok()) FailAt({name.position.begin, value.position.end}, matcher.error().message);
  return *std::move(matcher);
}

VectorSelector ParseState::ParseWholeSelector() {
  if (!StartsSelector()) Unexpected({}, {});
  ExprPtr expr = ParseVectorSelector();
  ExpectEnd();
  CheckTypes(*expr);
  return std::get<VectorSelector>(std::move(expr->node));
}

std::vector<model::Label> ParseState::ParseWholeMetric() {
  std::vector<model::Label> labels;
  if (StartsSelector() && !At(Tok::kLeftBrace))
    labels.push_back({std::string(model::kMetricName), Take().text});
  if (Accept(Tok::kLeftBrace)) {
    while (!Accept(Tok::kRightBrace)) {
      const bool quoted = At(Tok::kString) && !Is2();
      if (!quoted && !At(Tok::kIdentifier)) Unexpected("label set", "identifier or \"}\"");
      const Token& name = Take();
      std::string label = quoted ? StringValue(name) : name.text;
      if (quoted && !At(Tok::kAssign)) {
        labels.push_back({std::string(model::kMetricName), std::move(label)});
      } else {
        if (!Accept(Tok::kAssign)) Unexpected("label set", "\"=\"");
        if (!At(Tok::kString)) Unexpected("label set", "string");
        labels.push_back({std::move(label), StringValue(Take())});
      }
      if (At(Tok::kRightBrace)) continue;
      if (!Accept(Tok::kComma)) Unexpected("label set", "\",\" or \"}\"");
    }
  }
  ExpectEnd();
  return labels;
}

double ParseState::ParseDurationValue(std::string_view context, std::string_view expected,
                                      bool* negative_sign) {
  *negative_sign = false;
  while (!Is2() && AtSign()) {
    if (Take().op == BinaryOp::kSub) *negative_sign = !*negative_sign;
  }
  RefuseDurationExpression();
  const bool number = At(Tok::kNumber) && !Is2();
  if (!number && !At(Tok::kDuration)) Unexpected(context, expected);
  const Token& token = Take();
  const double seconds = NumberValue(token);
  if (!InRange(seconds)) FailAt(token.position, "duration out of range");
  return seconds;
}

Duration ParseState::ParsePositiveDuration(std::string_view context, std::string_view expected) {
  const Position start = Peek().position;
  bool negative = false;
  const double seconds = ParseDurationValue(context, expected, &negative);
  if (!Is2() && At(Tok::kOperator)) FailAt(start, std::string(kNoDurationExpressions));
  if (negative || seconds <= 0) FailAt(start, "duration must be greater than 0");
  return FromSeconds(seconds);
}

ExprPtr ParseState::ParseRangeOrSubquery(ExprPtr expr) {
  const uint32_t bracket = Take().position.begin;
  const Duration range = ParsePositiveDuration("subquery or range selector", kDurationWords);
  const uint32_t begin = expr->position.begin;
  if (Accept(Tok::kColon)) {
    Subquery subquery{.expr = std::move(expr), .range = range, .step = {}, .offset = {}, .at = {}};
    if (!At(Tok::kRightBracket)) {
      subquery.step = ParsePositiveDuration("subquery selector", "number, duration or \"]\"");
    }
    if (!Accept(Tok::kRightBracket)) Unexpected("subquery selector", "\"]\"");
    return Make(begin, ValueType::kMatrix, std::move(subquery));
  }
  if (!Accept(Tok::kRightBracket)) Unexpected("subquery or range", "\":\" or \"]\"");
  auto* selector = std::get_if<VectorSelector>(&expr->node);
  if (selector == nullptr) FailAt(From(bracket), "ranges only allowed for vector selectors");
  if (selector->offset != Duration(0)) FailAt(From(bracket), "no offset modifiers allowed before range");
  if (selector->at) FailAt(From(bracket), "no @ modifiers allowed before range");
  return Make(begin, ValueType::kMatrix, MatrixSelector{std::move(*selector), range});
}

void ParseState::ParseOffset(Expr& expr) {
  Take();
  bool negative = Is2() && AtSign() && Peek().op == BinaryOp::kSub;
  if (negative) Take();  // all that 2.x takes there
  const bool minus = negative;
  const double seconds = ParseDurationValue("offset", kDurationWords, &negative);
  negative = negative != minus;
  const Modifiers modifiers = ModifiersOf(expr);
  if (modifiers.offset == nullptr) {
    FailAt(expr.position,
           "offset modifier must be preceded by an instant vector selector or range vector selector or a "
           "subquery");
  }
  if (*modifiers.offset != Duration(0)) FailAt(expr.position, "offset may not be set multiple times");
  *modifiers.offset = FromSeconds(negative ? -seconds : seconds);
  expr.position.end = last_end_;
}

void ParseState::ParseAt(Expr& expr) {
  Take();
  AtModifier at;
  if ((At(Tok::kStart) || At(Tok::kEndWord)) && Peek(1).kind == Tok::kLeftParen &&
      Peek(2).kind == Tok::kRightParen) {
    at.kind = Take().kind == Tok::kStart ? AtModifier::Kind::kStart : AtModifier::Kind::kEnd;
    Take(), Take();
  } else {
    const bool negative = AtSign() && Take().op == BinaryOp::kSub;
    if (!At(Tok::kNumber) && (Is2() || !At(Tok::kDuration))) Unexpected("@", "timestamp");
    const double seconds = NumberValue(Take()) * (negative ? -1 : 1);
    if (!std::isfinite(seconds) || std::fabs(seconds) >= 9.2e15) {
      FailAt(expr.position, "timestamp out of bounds for @ modifier: " + FormatFixed6(seconds));
    }
    at.time_ms = static_cast<int64_t>(std::round(seconds * 1000));
  }
  const Modifiers modifiers = ModifiersOf(expr);
  if (modifiers.at == nullptr) {
    FailAt(
        expr.position,
        "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery");
  }
  if (modifiers.at->has_value()) FailAt(expr.position, "@ <timestamp> may not be set multiple times");
  *modifiers.at = at;
  expr.position.end = last_end_;
}

}  // namespace belfry::promql
