// What newer releases of Prometheus know and this engine does not. The texts are Prometheus' own where its
// feature flags are off, so that a file means the same to both.
#include <algorithm>
#include <iterator>

#include "rules/promql/parse_state.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&known)[N]) {
  return std::any_of(std::begin(known), std::end(known),
                     [word](std::string_view k) { return EqualsIgnoringCase(word, k); });
}

}  // namespace

// `</` and `>/` cut a native histogram; between numbers no operator is written so.
void ParseState::RefuseTrim(const Token& op) const {
  const bool bracket = op.op == BinaryOp::kLess || op.op == BinaryOp::kGreater;
  const bool slash = At(Tok::kOperator) && Peek().op == BinaryOp::kDiv;
  if (Is2() || !bracket || !slash || Peek().position.begin != op.position.end) return;
  FailAt(op.position, "operator " + Quote(op.text + "/") + " is not supported: it is for native histograms");
}

void ParseState::RefuseFill(uint32_t begin) const {
  constexpr std::string_view kWords[] = {"fill", "fill_left", "fill_right"};
  const bool word = At(Tok::kIdentifier) && IsOneOf(Peek().text, kWords);
  if (Is2() || !word || Peek(1).kind != Tok::kLeftParen) return;
  FailAt({begin, Peek().position.end}, "binop fill modifiers are experimental and not enabled");
}

void ParseState::RefuseExtendedRange(const Expr& expr) const {
  constexpr std::string_view kWords[] = {"anchored", "smoothed"};
  if (Is2() || !At(Tok::kIdentifier) || !IsOneOf(Peek().text, kWords)) return;
  std::string word = Peek().text;
  for (char& c : word) c = static_cast<char>(c | 0x20);
  FailAt(expr.position, word + " modifier is experimental and not enabled");
}

// Where a number or a duration is wanted.
void ParseState::RefuseDurationExpression() const {
  const bool word = At(Tok::kIdentifier) && IsDurationWord(Peek().text) && Peek(1).kind == Tok::kLeftParen;
  if (Is2() || (!word && !At(Tok::kLeftParen))) return;
  FailAt(Peek(word ? 0 : 1).position, std::string(kNoDurationExpressions));
}

void ParseState::RefuseFunction(const Token& name) const {
  constexpr std::string_view kNames[] = {"info", "start_timestamp"};
  const bool known = std::find(std::begin(kNames), std::end(kNames), name.text) != std::end(kNames);
  if (Is2() || !known) return;
  FailAt(name.position, "function " + Quote(name.text) + " is not enabled");
}

}  // namespace belfry::promql
