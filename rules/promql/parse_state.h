// The parser at work: a cursor over tokens, and what was built of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/lexer.h"
#include "rules/promql/parser.h"

namespace belfry::promql {

// What a parse function throws within this room, caught by the entry points: a wrong text ends parsing at
// once, and some twenty levels of the grammar would otherwise carry a Result each.
struct SyntaxError {
  Position position;
  std::string message;
};

inline constexpr std::string_view kNoDurationExpressions = "experimental duration expression is not enabled";

[[noreturn]] void FailAt(Position position, std::string message);

class ParseState {
 public:
  ParseState(std::string_view text, const ParseOptions& options);

  ExprPtr ParseWholeExpression();
  VectorSelector ParseWholeSelector();
  std::vector<model::Label> ParseWholeMetric();

 private:
  const Token& Peek(size_t ahead = 0) const;
  const Token& Take();
  bool At(Tok kind) const { return Peek().kind == kind; }
  bool Accept(Tok kind);
  [[noreturn]] void Unexpected(std::string_view context, std::string_view expected) const;
  void ExpectEnd();
  [[noreturn]] void FailTooDeep() const;
  Position From(uint32_t begin) const { return {begin, last_end_}; }
  Place PlaceOf(uint32_t offset) const;
  bool Is2() const { return options_.dialect == Dialect::kPrometheus2; }

  // Expressions, by how tightly they bind.
  ExprPtr ParseBinary(int least);
  ExprPtr ParseUnary();
  ExprPtr ParsePostfix();
  ExprPtr ParsePrimary();
  ExprPtr ParseBinaryTail(ExprPtr left, int least);
  void ParseMatching(Binary& binary);

  ExprPtr ParseNumberLiteral();
  ExprPtr ParseStringLiteral();
  ExprPtr ParseParen();
  ExprPtr ParseCall();
  ExprPtr ParseAggregate();
  std::vector<ExprPtr> ParseArguments();
  std::vector<std::string> ParseGrouping();
  std::string ParseGroupingLabel();
  bool StartsAggregate() const;

  // Selectors and what may follow them.
  ExprPtr ParseVectorSelector();
  VectorSelector ParseSelectorBody();
  void ParseMatchers(VectorSelector& selector);
  void ParseMatcher(VectorSelector& selector);
  storage::Matcher MakeMatcher(const Token& name, std::string label, storage::MatchOp op, const Token& value);
  bool StartsSelector() const;
  bool AtSign() const;
  ExprPtr ParseRangeOrSubquery(ExprPtr expr);
  void ParseOffset(Expr& expr);
  void ParseAt(Expr& expr);
  // Units: seconds.
  double ParseDurationValue(std::string_view context, std::string_view expected, bool* negative_sign);
  Duration ParsePositiveDuration(std::string_view context, std::string_view expected);

  // What stands behind feature flags in Prometheus 3, or is for native histograms only: each refused by the
  // one message that says so (parse_refused.cc). They throw, or there is no such thing at this place.
  void RefuseTrim(const Token& op) const;
  void RefuseFill(uint32_t begin) const;
  void RefuseExtendedRange(const Expr& expr) const;
  void RefuseDurationExpression() const;
  void RefuseFunction(const Token& name) const;

  std::string StringValue(const Token& token) const;
  double NumberValue(const Token& token) const;
  ExprPtr Make(uint32_t begin, ValueType type, decltype(Expr::node) node) const;

  // Guards recursion: text within text.
  class Nested;

  const ParseOptions& options_;
  std::vector<Token> tokens_;
  std::vector<uint32_t> line_starts_;  // of the second line and those after it
  size_t at_ = 0;
  uint32_t last_end_ = 0;  // where the last taken token ends
  size_t depth_ = 0;
};

// Types, argument counts, modifiers that do not fit. Throws SyntaxError.
void CheckTypes(Expr& expr);

}  // namespace belfry::promql
