// The property that fuzzing checks.
#pragma once

#include <string>
#include <string_view>

#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace belfry::promql::testing {

// Parses any bytes. What parses must print, parse again and print the same, on one line and on several.
// Empty, or what went wrong.
inline std::string CheckParsePrint(std::string_view text) {
  for (const Dialect dialect : {Dialect::kPrometheus3, Dialect::kPrometheus2}) {
    const ParseOptions options{.dialect = dialect, .experimental_functions = true};
    const auto expr = Parse(text, options);
    if (!expr.ok()) {
      if (expr.error().message.find(": parse error: ") == std::string::npos)
        return "no place in: " + expr.error().message;
      continue;
    }
    const std::string printed = Format(**expr);
    for (const std::string& form : {printed, FormatPretty(**expr)}) {
      const auto again = Parse(form, options);
      if (!again.ok()) return form + ": " + again.error().message;
      if (Format(**again) != printed) return printed + " as " + form + " prints as " + Format(**again);
    }
  }
  return {};
}

}  // namespace belfry::promql::testing
