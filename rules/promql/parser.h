// Text to tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"
#include "rules/promql/ast.h"

namespace belfry::promql {

struct ParseOptions {
  Dialect dialect = Dialect::kPrometheus3;
  bool experimental_functions = false;
  size_t max_bytes = 1 << 20;
  size_t max_depth = 1000;  // of the tree
};

// What is wrong, and where: bytes [begin, end) of the text, and the same as line and column from 1 (columns
// count bytes, as Prometheus does).
struct ParseFailure {
  size_t begin = 0;
  size_t end = 0;
  size_t line = 1;
  size_t column = 1;
  std::string message;  // `unexpected end of input`

  std::string ToString() const;  // `1:12: parse error: unexpected end of input`
  // ToString, then the line of `text` and a caret under the place.
  std::string WithCaret(std::string_view text) const;
};

std::variant<ExprPtr, ParseFailure> ParseDetailed(std::string_view text, const ParseOptions& options = {});

// Requires: nothing; any bytes. The tree is type-checked, its regular expressions are compiled.
// Errors: kInvalid with ParseFailure::ToString; kTooLarge beyond the limits.
Result<ExprPtr> Parse(std::string_view text, const ParseOptions& options = {});

// A selector alone, as `match[]` has it: `up{job="x"}`.
Result<std::vector<storage::Matcher>> ParseSelector(std::string_view text, const ParseOptions& options = {});

// A series as tests and messages write it: `name{a="b"}`. Errors: kInvalid; matchers other than `=` are
// refused.
Result<model::Labels> ParseMetric(std::string_view text, const ParseOptions& options = {});

// Prometheus' own duration text `1h30m`, `5m`, `0`: y w d h m s ms in that order, each once, integers only.
// Errors: kInvalid, naming the text.
Result<Duration> ParsePromDuration(std::string_view text);
// The shortest text that ParsePromDuration reads back: `1h30m`, `1d`, `0s`.
std::string FormatPromDuration(Duration d);

// Prometheus' number forms: decimal, `1e3`, `0x1F`, `0o17`, `0b11`, `1_000`, `Inf`, `NaN`, with sign.
Result<double> ParseNumber(std::string_view text);

}  // namespace belfry::promql
