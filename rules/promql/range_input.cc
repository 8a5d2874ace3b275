#include "rules/promql/range_input.h"

#include <algorithm>

#include "rules/promql/evaluator.h"

namespace belfry::promql {
namespace {

// Takes stale markers out: ranges skip them.
void DropStale(storage::SeriesSet& set) {
  const auto stale = [](const storage::Sample& s) { return storage::IsStale(s.value); };
  if (std::none_of(set.samples.begin(), set.samples.end(), stale)) return;
  std::vector<storage::Sample> kept;
  kept.reserve(set.samples.size());
  for (storage::SelectedSeries& series : set.series) {
    const size_t first = kept.size();
    for (const storage::Sample& sample : set.SamplesOf(series))
      if (!stale(sample)) kept.push_back(sample);
    series.first = first;
    series.count = kept.size() - first;
  }
  set.samples = std::move(kept);
}

// As Go's Duration.Seconds: whole seconds and the rest are converted apart.
double GoSeconds(Duration d) {
  const int64_t ns = d.count();
  return static_cast<double>(ns / 1'000'000'000) + static_cast<double>(ns % 1'000'000'000) / 1e9;
}

storage::SeriesSet ToSeries(Grid grid, const Steps& steps) {
  storage::SeriesSet set;
  set.series.reserve(grid.rows());
  for (size_t row = 0; row < grid.rows(); ++row) {
    const size_t first = set.samples.size();
    const auto cells = grid.Row(row);
    for (size_t i = 0; i < cells.size(); ++i)
      if (Present(cells[i])) set.samples.push_back({steps.At(i), cells[i]});
    set.series.push_back({std::move(grid.labels(row)), first, set.samples.size() - first});
  }
  return set;
}

// The multiples of the subquery's own step in the windows of all outer steps; count 0: there is none.
Steps SubquerySteps(const Subquery& subquery, const Reference& reference, const Steps& outer,
                    const EvalOptions& options) {
  const Duration step = subquery.step != Duration(0) ? subquery.step : options.default_subquery_step;
  const int64_t step_ms = std::max<int64_t>(storage::ToMillis(step), 1);
  const int64_t before = reference.First(outer) - storage::ToMillis(subquery.range);
  int64_t start = step_ms * (before / step_ms);
  const bool closed = options.dialect == Dialect::kPrometheus2;
  if (closed ? start < before : start <= before) start += step_ms;
  const int64_t end = reference.Last(outer);
  const size_t count = end < start ? 0 : static_cast<size_t>((end - start) / step_ms) + 1;
  return {start, step_ms, count};
}

}  // namespace

Reference ReferenceOf(const std::optional<AtModifier>& at, Duration offset, const QuerySpan& query) {
  const int64_t offset_ms = storage::ToMillis(offset);
  if (!at) return {false, 0, offset_ms};
  switch (at->kind) {
    case AtModifier::Kind::kStart:
      return {true, query.start_ms - offset_ms, 0};
    case AtModifier::Kind::kEnd:
      return {true, query.end_ms - offset_ms, 0};
    case AtModifier::Kind::kTime:
      break;
  }
  return {true, at->time_ms - offset_ms, 0};
}

bool NamesOneMetric(std::span<const storage::Matcher> matchers) {
  return std::any_of(matchers.begin(), matchers.end(), [](const storage::Matcher& m) {
    return m.op() == storage::MatchOp::kEqual && m.name() == model::kMetricName;
  });
}

Result<RangeInput> Evaluator::EvalRange(const Expr& expr, const Steps& steps) {
  if (const auto* paren = std::get_if<Paren>(&expr.node)) return EvalRange(*paren->expr, steps);
  if (const auto* subquery = std::get_if<Subquery>(&expr.node)) return EvalSubquery(*subquery, steps);
  const auto& matrix = std::get<MatrixSelector>(expr.node);
  RangeInput input{.set = {},
                   .range_ms = storage::ToMillis(matrix.range),
                   .range_seconds = GoSeconds(matrix.range),
                   .reference = ReferenceOf(matrix.selector.at, matrix.selector.offset, query_),
                   .closed = Is2(),
                   .one_name = NamesOneMetric(matrix.selector.matchers)};
  const int64_t from = input.reference.First(steps) - input.range_ms + (Is2() ? 0 : 1);
  ASSIGN_OR_RETURN(input.set, Select(matrix.selector.matchers, from, input.reference.Last(steps), false));
  RETURN_IF_ERROR(budget_.Hold(input.set.samples.size()));
  DropStale(input.set);
  return input;
}

Result<RangeInput> Evaluator::EvalSubquery(const Subquery& subquery, const Steps& steps) {
  RangeInput input{.set = {},
                   .range_ms = storage::ToMillis(subquery.range),
                   .range_seconds = GoSeconds(subquery.range),
                   .reference = ReferenceOf(subquery.at, subquery.offset, query_),
                   .closed = Is2(),
                   .one_name = false};
  const Steps inner = SubquerySteps(subquery, input.reference, steps, options_);
  if (inner.count == 0) return input;
  ASSIGN_OR_RETURN(Grid grid, EvalVector(*subquery.expr, inner));
  input.one_name = grid.one_name;
  input.set = ToSeries(std::move(grid), inner);
  return input;
}

}  // namespace belfry::promql
