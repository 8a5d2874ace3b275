// The tree of an expression, as /api/v1/parse_query shows it.
// Source: Prometheus 3's answer of that path.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "rules/promql/ast.h"

namespace belfry::rules_api {

nlohmann::ordered_json TreeJson(const promql::Expr& expr);

}  // namespace belfry::rules_api
