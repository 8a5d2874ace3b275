#include "rules/promql/parser.h"

#include <algorithm>

#include "rules/promql/parse_state.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

ParseFailure Locate(std::string_view text, const SyntaxError& error) {
  ParseFailure failure{.begin = std::min<size_t>(error.position.begin, text.size()),
                       .end = std::min<size_t>(error.position.end, text.size()),
                       .message = error.message};
  const std::string_view before = text.substr(0, failure.begin);
  failure.line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t line_break = before.rfind('\n');
  failure.column = failure.begin - (line_break == std::string_view::npos ? 0 : line_break + 1) + 1;
  return failure;
}

ParseFailure TooLong(std::string_view text, const ParseOptions& options) {
  return {.begin = options.max_bytes,
          .end = text.size(),
          .message = "expression is " + std::to_string(text.size()) + " bytes long; the limit is " +
                     std::to_string(options.max_bytes)};
}

// Runs `parse` on a state for `text` and turns what it throws into a failure.
template <class T, class F>
std::variant<T, ParseFailure> Run(std::string_view text, const ParseOptions& options, F parse) {
  if (text.size() > options.max_bytes) return TooLong(text, options);
  try {
    ParseState state(text, options);
    return parse(state);
  } catch (const SyntaxError& error) {
    return Locate(text, error);
  }
}

template <class T>
Result<T> ToResult(std::variant<T, ParseFailure> outcome) {
  if (auto* failure = std::get_if<ParseFailure>(&outcome)) return Error{Code::kInvalid, failure->ToString()};
  return std::get<T>(std::move(outcome));
}

}  // namespace

std::string ParseFailure::ToString() const {
  return std::to_string(line) + ":" + std::to_string(column) + ": parse error: " + message;
}

std::string ParseFailure::WithCaret(std::string_view text) const {
  const size_t start = begin == 0 ? 0 : text.rfind('\n', begin - 1) + 1;  // npos + 1 is 0
  const size_t end = std::min(text.find('\n', begin), text.size());
  constexpr size_t kContext = 60;  // bytes of a long line on either side
  const size_t from = begin - start > kContext ? begin - kContext : start;
  const size_t to = std::min(end, begin + kContext);
  std::string out = ToString() + "\n" + std::string(text.substr(from, to - from)) + "\n";
  for (size_t i = from; i < begin; ++i) out += text[i] == '\t' ? '\t' : ' ';
  return out + "^";
}

std::variant<ExprPtr, ParseFailure> ParseDetailed(std::string_view text, const ParseOptions& options) {
  return Run<ExprPtr>(text, options, [](ParseState& state) { return state.ParseWholeExpression(); });
}

Result<ExprPtr> Parse(std::string_view text, const ParseOptions& options) {
  return ToResult(ParseDetailed(text, options));
}

Result<std::vector<storage::Matcher>> ParseSelector(std::string_view text, const ParseOptions& options) {
  return ToResult(Run<std::vector<storage::Matcher>>(
      text, options, [](ParseState& state) { return state.ParseWholeSelector().matchers; }));
}

Result<model::Labels> ParseMetric(std::string_view text, const ParseOptions& options) {
  return ToResult(Run<model::Labels>(
      text, options, [](ParseState& state) { return model::Labels(state.ParseWholeMetric()); }));
}

}  // namespace belfry::promql
