// Tree to text.
#pragma once

#include <string>

#include "rules/promql/ast.h"

namespace belfry::promql {

// One line; Parse of it gives the same tree, positions apart.
std::string Format(const Expr& expr);
// Over several lines where one would be longer than 100 columns, as /api/v1/format_query answers.
std::string FormatPretty(const Expr& expr);
// `name{a="b",c=~"d"}` with offset and @.
std::string FormatSelector(const VectorSelector& selector);

}  // namespace belfry::promql
