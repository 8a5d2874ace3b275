// Words of the language, of which broken expressions are made.
#pragma once

#include <iterator>
#include <string>
#include <vector>

namespace belfry::promql::testing {

inline constexpr const char* kQueryPieces[] = {"sum",
                                               "by",
                                               "(a, b)",
                                               "without",
                                               "rate",
                                               "(",
                                               ")",
                                               "{",
                                               "}",
                                               "[5m]",
                                               "[5m:1m]",
                                               "[",
                                               "]",
                                               "offset",
                                               "5m",
                                               "-",
                                               "+",
                                               "@",
                                               "end()",
                                               "start()",
                                               "1",
                                               "1e3",
                                               "0x1f",
                                               "NaN",
                                               "Inf",
                                               "\"a\"",
                                               "'b'",
                                               "{a=\"b\"}",
                                               "=~",
                                               "!~",
                                               "!=",
                                               "==",
                                               "bool",
                                               "on",
                                               "ignoring",
                                               "(a)",
                                               "group_left",
                                               "group_right",
                                               "and",
                                               "or",
                                               "unless",
                                               "atan2",
                                               "^",
                                               "%",
                                               "foo",
                                               "foo:bar",
                                               "topk",
                                               "count_values",
                                               "quantile",
                                               ",",
                                               "_",
                                               "time()",
                                               "histogram_quantile",
                                               "label_replace",
                                               "1h30m",
                                               ".5",
                                               "\""};

// Those that both dialects know, and `more`.
inline std::vector<std::string> QueryPieces(const std::vector<std::string>& more) {
  std::vector<std::string> pieces(std::begin(kQueryPieces), std::end(kQueryPieces));
  pieces.insert(pieces.end(), more.begin(), more.end());
  return pieces;
}

}  // namespace belfry::promql::testing
