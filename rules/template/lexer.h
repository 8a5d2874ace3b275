// Template text cut into tokens.
// Source: the lexical rules of Go's text/template; errors are worded as Go words them.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/result.h"

namespace belfry::tmpl {

enum class TokenKind {
  kText,        // between actions
  kOpen,        // {{
  kClose,       // }}
  kSpace,       // separates arguments
  kField,       // .Name, text with the dot
  kDot,         // .
  kVariable,    // $ or $name
  kIdentifier,  // also keywords, true, false, nil
  kString,      // "…"
  kRawString,   // `…`
  kChar,        // 'c'
  kNumber,
  kPipe,     // |
  kComma,    // ,
  kAssign,   // =
  kDeclare,  // :=
  kLeftParen,
  kRightParen,
  kEof,
};

struct Token {
  TokenKind kind = TokenKind::kEof;
  std::string_view text;  // of the source, which must outlive it
  size_t pos = 0;         // Units: bytes from the start
  size_t line = 1;
};

// A syntax error: the line and the cause, without the template's name.
struct SyntaxError {
  size_t line = 1;
  std::string message;
};

// The tokens up to and with kEof; comments and trimmed blanks are left out.
std::variant<std::vector<Token>, SyntaxError> Lex(std::string_view text);

// A character as Go shows it in errors: `U+0023 '#'`.
std::string DescribeCharacter(std::string_view rest);

}  // namespace belfry::tmpl
