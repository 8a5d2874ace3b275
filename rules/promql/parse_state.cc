// The grammar of expressions; selectors are in parse_selector.cc. Operators bind by a table, so one function
// climbs through all levels.
#include "rules/promql/parse_state.h"

#include <algorithm>
#include <iterator>

#include "rules/promql/functions.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

constexpr int kUnaryLevel = 5;

// Higher binds tighter; −x binds like x*y.
int LevelOf(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return 1;
    case BinaryOp::kAnd:
    case BinaryOp::kUnless:
      return 2;
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
      return 4;
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
    case BinaryOp::kAtan2:
      return 5;
    case BinaryOp::kPow:
      return 6;
    default:
      return 3;
  }
}

}  // namespace

void FailAt(Position position, std::string message) { throw SyntaxError{position, std::move(message)}; }

class ParseState::Nested {
 public:
  explicit Nested(ParseState& state) : state_(state) {
    if (++state_.depth_ > state_.options_.max_depth) state_.FailTooDeep();
  }
  ~Nested() { --state_.depth_; }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;

 private:
  ParseState& state_;
};

ParseState::ParseState(std::string_view text, const ParseOptions& options)
    : options_(options), tokens_(Lex(text)) {
  for (uint32_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') line_starts_.push_back(i + 1);
}

Place ParseState::PlaceOf(uint32_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const uint32_t start = next == line_starts_.begin() ? 0 : *std::prev(next);
  return {static_cast<uint32_t>(next - line_starts_.begin()) + 1, offset - start + 1};
}

const Token& ParseState::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& ParseState::Take() {
  const Token& token = Peek();
  last_end_ = token.position.end;
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool ParseState::Accept(Tok kind) {
  if (!At(kind)) return false;
  Take();
  return true;
}

void ParseState::Unexpected(std::string_view context, std::string_view expected) const {
  const Token& token = Peek();
  if (token.kind == Tok::kError) FailAt(token.position, token.text);
  std::string message = "unexpected " + Describe(token);
  if (!context.empty()) message += " in " + std::string(context);
  if (!expected.empty()) message += ", expected " + std::string(expected);
  FailAt(token.position, std::move(message));
}

void ParseState::FailTooDeep() const {
  FailAt(Peek().position,
         "expression is nested deeper than " + std::to_string(options_.max_depth) + " levels");
}

void ParseState::ExpectEnd() {
  if (!At(Tok::kEnd)) Unexpected({}, {});
}

ExprPtr ParseState::Make(uint32_t begin, ValueType type, decltype(Expr::node) node) const {
  auto expr = std::make_unique<Expr>(Expr{From(begin), PlaceOf(begin), type, 1, std::move(node)});
  ForEachChild(*expr, [&](const Expr& child) { expr->depth = std::max(expr->depth, child.depth + 1); });
  // Not the nesting alone: a chain a+b+c+… is as deep a tree as it is long.
  if (expr->depth > options_.max_depth) FailTooDeep();
  return expr;
}

ExprPtr ParseState::ParseWholeExpression() {
  if (At(Tok::kEnd)) FailAt({}, "no expression found in input");
  ExprPtr expr = ParseBinary(1);
  ExpectEnd();
  CheckTypes(*expr);
  return expr;
}

ExprPtr ParseState::ParseBinary(int least) {
  const Nested nested(*this);
  return ParseBinaryTail(ParseUnary(), least);
}

ExprPtr ParseState::ParseBinaryTail(ExprPtr left, int least) {
  while (At(Tok::kOperator) && LevelOf(Peek().op) >= least) {
    const Token& op = Take();
    RefuseTrim(op);
    Binary binary{.op = op.op, .return_bool = false, .matching = {}, .left = {}, .right = {}};
    const uint32_t begin = left->position.begin;
    ParseMatching(binary);
    RefuseFill(begin);
    const int level = LevelOf(binary.op);
    binary.left = std::move(left);
    binary.right = ParseBinary(binary.op == BinaryOp::kPow ? level : level + 1);
    left = Make(begin, ValueType::kVector, std::move(binary));
    left->place = PlaceOf(op.position.begin);
  }
  return left;
}

// `bool`, then `on (…)` or `ignoring (…)`, then `group_left (…)` or `group_right (…)`.
void ParseState::ParseMatching(Binary& binary) {
  binary.return_bool = Accept(Tok::kBool);
  VectorMatching& matching = binary.matching.emplace();
  if (!At(Tok::kOn) && !At(Tok::kIgnoring)) return;
  matching.on = Take().kind == Tok::kOn;
  matching.labels = ParseGrouping();
  if (!At(Tok::kGroupLeft) && !At(Tok::kGroupRight)) return;
  matching.card = Take().kind == Tok::kGroupLeft ? Cardinality::kManyToOne : Cardinality::kOneToMany;
  if (At(Tok::kLeftParen)) matching.include = ParseGrouping();
}

ExprPtr ParseState::ParseUnary() {
  if (!AtSign()) return ParsePostfix();
  const Token& token = Take();
  const uint32_t begin = token.position.begin;
  const bool negative = token.op == BinaryOp::kSub;
  ExprPtr operand = ParseBinary(kUnaryLevel + 1);
  if (auto* number = std::get_if<NumberLiteral>(&operand->node)) {
    if (negative) number->value = -number->value;
    operand->position.begin = begin;
    return operand;
  }
  const ValueType type = operand->type;
  return Make(begin, type, Unary{negative, std::move(operand)});
}

ExprPtr ParseState::ParsePostfix() {
  ExprPtr expr = ParsePrimary();
  for (;;) {
    if (At(Tok::kLeftBracket)) {
      expr = ParseRangeOrSubquery(std::move(expr));
    } else if (At(Tok::kOffset)) {
      ParseOffset(*expr);
    } else if (At(Tok::kAt)) {
      ParseAt(*expr);
    } else {
      RefuseExtendedRange(*expr);
      return expr;
    }
  }
}

ExprPtr ParseState::ParsePrimary() {
  switch (Peek().kind) {
    case Tok::kNumber:
      return ParseNumberLiteral();
    case Tok::kDuration:
      if (Is2()) break;
      return ParseNumberLiteral();
    case Tok::kString:
      return ParseStringLiteral();
    case Tok::kLeftParen:
      return ParseParen();
    case Tok::kAggregate:
      if (StartsAggregate()) return ParseAggregate();
      break;
    case Tok::kIdentifier:
    case Tok::kStart:
    case Tok::kEndWord:
      if (Peek(1).kind == Tok::kLeftParen) return ParseCall();
      break;
    default:
      break;
  }
  if (StartsSelector()) return ParseVectorSelector();
  Unexpected({}, {});
}

ExprPtr ParseState::ParseNumberLiteral() {
  const Token& token = Take();
  const bool duration = token.kind == Tok::kDuration;
  return Make(token.position.begin, ValueType::kScalar, NumberLiteral{NumberValue(token), duration});
}

ExprPtr ParseState::ParseStringLiteral() {
  const Token& token = Take();
  return Make(token.position.begin, ValueType::kString, StringLiteral{StringValue(token)});
}

ExprPtr ParseState::ParseParen() {
  const uint32_t begin = Take().position.begin;
  ExprPtr inner = ParseBinary(1);
  if (!Accept(Tok::kRightParen)) Unexpected({}, {});
  const ValueType type = inner->type;
  return Make(begin, type, Paren{std::move(inner)});
}

ExprPtr ParseState::ParseCall() {
  const Token& name = Take();
  RefuseFunction(name);
  const FunctionInfo* function = FindFunction(name.text, options_.dialect);
  if (function == nullptr) FailAt(name.position, "unknown function with name " + Quote(name.text));
  if (function->availability == FunctionInfo::Availability::kExperimental &&
      !options_.experimental_functions) {
    FailAt(name.position, "function " + Quote(name.text) + " is not enabled");
  }
  std::vector<ExprPtr> args = ParseArguments();
  return Make(name.position.begin, function->returns, Call{function, std::move(args)});
}

std::vector<ExprPtr> ParseState::ParseArguments() {
  if (!Accept(Tok::kLeftParen)) Unexpected("aggregation", {});
  std::vector<ExprPtr> args;
  if (Accept(Tok::kRightParen)) return args;
  for (;;) {
    args.push_back(ParseBinary(1));
    if (Accept(Tok::kRightParen)) return args;
    const Position comma = Peek().position;
    if (!Accept(Tok::kComma)) Unexpected({}, {});
    if (At(Tok::kRightParen)) FailAt(comma, "trailing commas not allowed in function call args");
  }
}

bool ParseState::StartsAggregate() const {
  const Tok next = Peek(1).kind;
  return next == Tok::kLeftParen || next == Tok::kBy || next == Tok::kWithout;
}

ExprPtr ParseState::ParseAggregate() {
  const Token& word = Take();
  Aggregate aggregate{.op = word.aggregate, .without = false, .grouping = {}, .param = {}, .expr = {}};
  const auto modifier = [&] {
    if (!At(Tok::kBy) && !At(Tok::kWithout)) return false;
    aggregate.without = Take().kind == Tok::kWithout;
    aggregate.grouping = ParseGrouping();
    return true;
  };
  const bool before = modifier();
  std::vector<ExprPtr> args = ParseArguments();
  if (!before) modifier();
  const bool experimental =
      word.aggregate == AggregateOp::kLimitk || word.aggregate == AggregateOp::kLimitRatio;
  if (experimental && !options_.experimental_functions) {
    FailAt(word.position, word.text + "() is experimental and is not enabled");
  }
  const bool has_param = word.aggregate >= AggregateOp::kTopk;
  if (args.empty()) FailAt(From(word.position.begin), "no arguments for aggregate expression provided");
  if (args.size() != (has_param ? 2 : 1)) {
    FailAt(From(word.position.begin),
           "wrong number of arguments for aggregate expression provided, expected " +
               std::to_string(has_param ? 2 : 1) + ", got " + std::to_string(args.size()));
  }
  if (has_param) aggregate.param = std::move(args[0]);
  aggregate.expr = std::move(args.back());
  return Make(word.position.begin, ValueType::kVector, std::move(aggregate));
}

std::vector<std::string> ParseState::ParseGrouping() {
  if (!Accept(Tok::kLeftParen)) Unexpected("grouping opts", "\"(\"");
  std::vector<std::string> labels;
  while (!Accept(Tok::kRightParen)) {
    labels.push_back(ParseGroupingLabel());
    if (At(Tok::kRightParen)) continue;
    if (!Accept(Tok::kComma)) Unexpected("grouping opts", "\",\" or \")\"");
  }
  return labels;
}

std::string ParseState::ParseGroupingLabel() {
  const Token& token = Peek();
  const bool quoted = token.kind == Tok::kString && !Is2();
  // Every word is a label name here, also those with a meaning elsewhere; `inf` is a number, though.
  const bool word = IsPlainMetricName(token.text) && token.kind != Tok::kString &&
                    token.kind != Tok::kNumber && token.kind != Tok::kError;
  if (!quoted && !word) Unexpected("grouping opts", "label");
  Take();
  std::string name = quoted ? StringValue(token) : token.text;
  const bool valid = Is2() ? IsPlainLabelName(name) : !name.empty() && IsValidUtf8(name);
  if (!valid) FailAt(token.position, "invalid label name for grouping: " + Quote(name));
  return name;
}

std::string ParseState::StringValue(const Token& token) const {
  auto value = Unquote(token.text);
  if (!value) FailAt(token.position, "error unquoting string " + Quote(token.text) + ": invalid syntax");
  return *std::move(value);
}

double ParseState::NumberValue(const Token& token) const {
  if (token.kind == Tok::kDuration) {
    const auto duration = ParsePromDuration(token.text);
    if (!duration.ok()) FailAt(token.position, duration.error().message);
    return ToSeconds(*duration);
  }
  if (Is2() && token.text.find('_') != std::string::npos) {
    FailAt(token.position, "bad number or duration syntax: " + Quote(token.text));
  }
  const auto number = ParseNumber(token.text);
  if (!number.ok()) FailAt(token.position, number.error().message);
  return *number;
}

}  // namespace belfry::promql
