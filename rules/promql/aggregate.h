// What the files of aggregations share.
#pragma once

#include <cstddef>
#include <vector>

#include "rules/promql/evaluator.h"

namespace belfry::promql {

struct Grouping {
  std::vector<size_t> of_row;
  std::vector<model::Labels> labels;  // of each group, in the order first seen
};
Grouping GroupRows(const Aggregate& aggregate, const Grid& input);

// topk, bottomk, limitk, limit_ratio: keep some series of each group as they are.
bool IsChoice(AggregateOp op);
Result<Grid> Choose(Evaluator& evaluator, const Aggregate& aggregate, const Grouping& grouping, Grid input,
                    const Column& param);
Result<Grid> CountValues(Evaluator& evaluator, const Aggregate& aggregate, const Steps& steps);

}  // namespace belfry::promql
