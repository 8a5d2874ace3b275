// Which history a set of expressions needs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "rules/promql/ast.h"
#include "rules/storage/head.h"
#include "rules/storage/matcher.h"

namespace belfry::promql {

// The selectors that look further back than the newest value: inside range selectors and subqueries, or with
// offset or @.
struct KeepSet {
  std::vector<std::vector<storage::Matcher>> selectors;
  Duration reach{0};  // how far back the furthest of them looks

  bool empty() const { return selectors.empty(); }
  // Whether the history of this series is needed.
  bool Keeps(std::string_view name, model::LabelsView labels) const;
};

KeepSet ComputeKeepSet(std::span<const Expr* const> expressions);

}  // namespace belfry::promql
