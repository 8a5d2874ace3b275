// Runs a parsed template.
// Source: Go's text/template/exec; errors are worded as Go words them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "rules/template/functions.h"
#include "rules/template/syntax.h"

namespace belfry::tmpl {

inline constexpr int kMaxCalls = 100;             // {{template}} inside {{template}}
inline constexpr uint64_t kMaxSteps = 1'000'000;  // nodes and operands looked at

struct Program {
  const std::string& name;
  const Syntax& syntax;
  // Bytes that Prometheus puts in front of the text on line 1: columns in errors count them.
  size_t column_offset = 0;
};

// `variables` are known at the top besides `$`, which is `dot`. Adds to `steps` those that it took.
// Errors: kInvalid `template: NAME:LINE:COLUMN: executing "NAME" at <…>: …`; kTooLarge beyond the limits.
Result<std::string> Execute(const Program& program, const Value& dot,
                            std::vector<std::pair<std::string, Value>> variables,
                            const FunctionContext& context, uint64_t& steps);

}  // namespace belfry::tmpl
