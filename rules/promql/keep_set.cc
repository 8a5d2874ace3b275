#include "rules/promql/keep_set.h"

#include <algorithm>

#include "rules/storage/selection.h"

namespace belfry::promql {
namespace {

class Collector {
 public:
  // `reach`: how far back the surroundings of `expr` look; 0: only at the newest values.
  void Visit(const Expr& expr, Duration reach) {
    if (const auto* n = std::get_if<VectorSelector>(&expr.node)) {
      AddIfHistoric(*n, reach);
    } else if (const auto* m = std::get_if<MatrixSelector>(&expr.node)) {
      AddIfHistoric(m->selector, reach + m->range);
    } else if (const auto* s = std::get_if<Subquery>(&expr.node)) {
      // With a fixed time nothing bounds how far back it may come to be.
      const Duration further = s->at ? Duration::max() / 4 : s->range + std::max(s->offset, Duration(0));
      Visit(*s->expr, reach + further);
    } else {
      ForEachChild(expr, [&](const Expr& child) { Visit(child, reach); });
    }
  }
  KeepSet Take() && { return std::move(set_); }

 private:
  void AddIfHistoric(const VectorSelector& selector, Duration reach) {
    if (reach == Duration(0) && selector.offset == Duration(0) && !selector.at) return;
    const Duration here = selector.at ? Duration::max() / 4 : std::max(selector.offset, Duration(0));
    set_.reach = std::max(set_.reach, reach + here);
    const auto& known = set_.selectors;
    if (std::find(known.begin(), known.end(), selector.matchers) == known.end()) {
      set_.selectors.push_back(selector.matchers);
    }
  }

  KeepSet set_;
};

}  // namespace

bool KeepSet::Keeps(std::string_view name, model::LabelsView labels) const {
  return std::any_of(selectors.begin(), selectors.end(),
                     [&](const auto& matchers) { return storage::MatchesAll(matchers, name, labels); });
}

KeepSet ComputeKeepSet(std::span<const Expr* const> expressions) {
  Collector collector;
  for (const Expr* expr : expressions) collector.Visit(*expr, Duration(0));
  return std::move(collector).Take();
}

}  // namespace belfry::promql
