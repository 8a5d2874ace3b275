// Template text to syntax tree.
// Source: Go's text/template/parse; errors are worded as Go words them: `template: NAME:LINE: …`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "rules/template/syntax.h"

namespace belfry::tmpl {

inline constexpr size_t kMaxTemplateBytes = 1 << 20;
inline constexpr int kMaxNesting = 100;  // parentheses and blocks inside one another

struct ParserOptions {
  std::string name;                                      // in errors
  std::vector<std::string> variables;                    // known at the top besides `$`
  std::function<bool(std::string_view)> knows_function;  // required
};

// Errors: kInvalid for the first mistake; kTooLarge over kMaxTemplateBytes.
Result<Syntax> ParseSyntax(std::string_view text, const ParserOptions& options);

// The bytes a quoted Go string ("…", `…` or one character in '…') stands for. Errors: kInvalid.
Result<std::string> Unquote(std::string_view quoted);

}  // namespace belfry::tmpl
