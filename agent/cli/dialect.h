// --promql-compat and rules.promqlCompat.
#pragma once

#include "rules/promql/ast.h"

namespace belfry::cli {

inline promql::Dialect DialectOf(int promql_compat) {
  return promql_compat == 2 ? promql::Dialect::kPrometheus2 : promql::Dialect::kPrometheus3;
}

}  // namespace belfry::cli
