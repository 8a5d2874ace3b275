// Text to tokens.
// Source: Prometheus' lexer; what a word means depends on the bracket it stands in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/ast.h"

namespace belfry::promql {

enum class Tok {
  kEnd,
  kError,  // Token::text is the message
  kComma,
  kColon,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kAssign,         // =
  kRegexMatch,     // =~
  kRegexNotMatch,  // !~
  kAt,
  kString,  // with its quotes
  kNumber,
  kDuration,
  kIdentifier,
  kMetricIdentifier,  // has a colon
  kOperator,          // Token::op
  kAggregate,         // Token::aggregate
  // Keywords.
  kOffset,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kBool,
  kStart,
  kEndWord,  // `end`
};

struct Token {
  Tok kind = Tok::kEnd;
  BinaryOp op = BinaryOp::kAdd;
  AggregateOp aggregate = AggregateOp::kSum;
  Position position;
  std::string text;
};

// Whether a word means something in a duration expression: `step`, `range`, `max_of`, `min_of`.
bool IsDurationWord(std::string_view word);

// Every token without comments; the last is kEnd, or kError where the text stops making sense.
std::vector<Token> Lex(std::string_view text);

// As messages name a token: `end of input`, `"+"`, `identifier "foo"`, `<by>`.
std::string Describe(const Token& token);

}  // namespace belfry::promql
