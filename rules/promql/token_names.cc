// How messages name tokens, and words that are none of their own.
#include <algorithm>
#include <iterator>

#include "rules/promql/lexer.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

// A word of a message for a token that is known by its kind.
std::string Shown(const Token& token) {
  switch (token.kind) {
    case Tok::kOperator:
      return "<op:" + token.text + ">";
    case Tok::kAggregate:
      return "<aggr:" + token.text + ">";
    case Tok::kOffset:
    case Tok::kBy:
    case Tok::kWithout:
    case Tok::kOn:
    case Tok::kIgnoring:
    case Tok::kGroupLeft:
    case Tok::kGroupRight:
    case Tok::kBool:
    case Tok::kStart:
    case Tok::kEndWord:
      return "<" + token.text + ">";
    case Tok::kIdentifier:
    case Tok::kMetricIdentifier:
      return Quote(token.text);
    default:
      return token.text.size() > 10 ? Quote(Truncated(token.text, 10)) + "..." : Quote(token.text);
  }
}

}  // namespace

bool IsDurationWord(std::string_view word) {
  constexpr std::string_view kWords[] = {"step", "range", "max_of", "min_of"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [word](std::string_view known) { return EqualsIgnoringCase(word, known); });
}

std::string Describe(const Token& token) {
  switch (token.kind) {
    case Tok::kEnd:
      return "end of input";
    case Tok::kError:
      return token.text;
    case Tok::kString:
      return "string " + Shown(token);
    case Tok::kNumber:
      return "number " + Shown(token);
    case Tok::kDuration:
      return "duration " + Shown(token);
    case Tok::kIdentifier:
      return "identifier " + Shown(token);
    case Tok::kMetricIdentifier:
      return "metric identifier " + Shown(token);
    default:
      return Shown(token);
  }
}

}  // namespace belfry::promql
