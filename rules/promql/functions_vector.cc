// Functions that look at a whole vector, or make one.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "rules/promql/evaluator.h"
#include "rules/promql/functions.h"

namespace belfry::promql {
namespace {

const Expr& Unwrapped(const Expr& expr) {
  const Expr* inner = &expr;
  while (const auto* paren = std::get_if<Paren>(&inner->node)) inner = paren->expr.get();
  return *inner;
}

Result<Evaluated> Time(Evaluator&, const Call&, const Steps& steps) {
  Column column(steps.count);
  for (size_t i = 0; i < steps.count; ++i) column[i] = static_cast<double>(steps.At(i)) / 1000;
  return Evaluated{std::move(column)};
}

Result<Evaluated> Pi(Evaluator&, const Call&, const Steps& steps) {
  return Evaluated{Column(steps.count, std::numbers::pi)};
}

Result<Evaluated> ToVector(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Column column, evaluator.EvalScalar(*call.args[0], steps));
  Grid grid(steps.count);
  std::copy(column.begin(), column.end(), grid.AddRow({}).begin());
  grid.one_name = true;
  return Evaluated{std::move(grid)};
}

// The one sample of a step, NaN if there is none or several.
Result<Evaluated> ToScalar(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  Column column(steps.count, std::numeric_limits<double>::quiet_NaN());
  for (size_t i = 0; i < steps.count; ++i) {
    size_t found = 0;
    for (size_t row = 0; row < grid.rows() && found < 2; ++row) {
      if (!Present(grid.Row(row)[i])) continue;
      column[i] = ++found == 1 ? grid.Row(row)[i] : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return Evaluated{std::move(column)};
}

Result<Evaluated> Timestamp(Evaluator& evaluator, const Call& call, const Steps& steps) {
  if (const auto* selector = std::get_if<VectorSelector>(&Unwrapped(*call.args[0]).node)) {
    ASSIGN_OR_RETURN(Grid times, evaluator.EvalSelector(*selector, steps, true));
    ASSIGN_OR_RETURN(Grid named, evaluator.DropNames(std::move(times)));
    return Evaluated{std::move(named)};
  }
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  for (size_t row = 0; row < grid.rows(); ++row) {
    const auto cells = grid.Row(row);
    for (size_t i = 0; i < cells.size(); ++i)
      if (Present(cells[i])) cells[i] = static_cast<double>(steps.At(i)) / 1000;
  }
  ASSIGN_OR_RETURN(Grid named, evaluator.DropNames(std::move(grid)));
  return Evaluated{std::move(named)};
}

// The labels that a selector's `=` matchers promise, each given once.
model::Labels PromisedLabels(const Expr& expr) {
  const Expr& inner = Unwrapped(expr);
  const std::vector<storage::Matcher>* matchers = nullptr;
  if (const auto* s = std::get_if<VectorSelector>(&inner.node)) matchers = &s->matchers;
  if (const auto* s = std::get_if<MatrixSelector>(&inner.node)) matchers = &s->selector.matchers;
  model::Labels labels;
  if (matchers == nullptr) return labels;
  std::set<std::string_view> seen;
  for (const storage::Matcher& m : *matchers) {
    if (m.name() == model::kMetricName) continue;
    if (m.op() == storage::MatchOp::kEqual && seen.insert(m.name()).second) {
      labels.Set(m.name(), m.value());
    } else {
      labels.Remove(m.name());
    }
  }
  return labels;
}

Grid OneWhere(const std::vector<char>& wanted, model::Labels labels) {
  Grid grid(wanted.size());
  const auto cells = grid.AddRow(std::move(labels));
  for (size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i]) cells[i] = 1;
  grid.Prune();
  return grid;
}

Result<Evaluated> AbsentVector(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  std::vector<char> missing(steps.count, 1);
  for (size_t row = 0; row < grid.rows(); ++row) {
    const auto cells = grid.Row(row);
    for (size_t i = 0; i < cells.size(); ++i)
      if (Present(cells[i])) missing[i] = 0;
  }
  return Evaluated{OneWhere(missing, PromisedLabels(*call.args[0]))};
}

Result<Evaluated> AbsentOverTime(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(RangeInput input, evaluator.EvalRange(*call.args[0], steps));
  std::vector<char> missing(steps.count, 1);
  for (const storage::SelectedSeries& series : input.set.series) {
    WindowCursor cursor(input.set.SamplesOf(series), input.closed);
    for (size_t i = 0; i < steps.count; ++i) {
      const int64_t to = input.reference.At(steps, i);
      if (!cursor.Move(to - input.range_ms, to).empty()) missing[i] = 0;
    }
  }
  return Evaluated{OneWhere(missing, PromisedLabels(*call.args[0]))};
}

// `grid` with its rows in the order of `order`.
Grid Reordered(Grid grid, const std::vector<size_t>& order) {
  Grid out(grid.steps());
  out.Reserve(grid.rows());
  out.one_name = grid.one_name;
  for (const size_t row : order) {
    const auto from = grid.Row(row);
    std::copy(from.begin(), from.end(), out.AddRow(std::move(grid.labels(row))).begin());
  }
  return out;
}

std::vector<size_t> RowNumbers(const Grid& grid) {
  std::vector<size_t> order(grid.rows());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  return order;
}

// Only an instant query has an order to sort; NaN comes last either way.
Result<Evaluated> SortByValue(Evaluator& evaluator, const Call& call, const Steps& steps, bool descending) {
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  if (steps.count != 1) return Evaluated{std::move(grid)};
  std::vector<size_t> order = RowNumbers(grid);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const double x = grid.Row(a)[0];
    const double y = grid.Row(b)[0];
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return descending ? x > y : x < y;
  });
  return Evaluated{Reordered(std::move(grid), order)};
}

// Digits compare as numbers: `9` before `10`.
int NaturalCompare(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]) ? -1 : 1;
      ++i, ++j;
      continue;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    const size_t a_start = i;
    const size_t b_start = j;
    while (i < a.size() && digit(a[i])) ++i;
    while (j < b.size() && digit(b[j])) ++j;
    if (i - a_start != j - b_start) return i - a_start < j - b_start ? -1 : 1;
    const int order = a.substr(a_start, i - a_start).compare(b.substr(b_start, j - b_start));
    if (order != 0) return order < 0 ? -1 : 1;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j ? -1 : 1;
  return a.compare(b) < 0 ? -1 : a == b ? 0 : 1;
}

Result<Evaluated> SortByLabel(Evaluator& evaluator, const Call& call, const Steps& steps, bool descending) {
  ASSIGN_OR_RETURN(Grid grid, evaluator.EvalVector(*call.args[0], steps));
  if (steps.count != 1) return Evaluated{std::move(grid)};
  std::vector<size_t> order = RowNumbers(grid);
  const auto less = [&](size_t a, size_t b) {
    for (size_t i = 1; i < call.args.size(); ++i) {
      const std::string& label = TextArgument(call, i);
      const int way = NaturalCompare(grid.labels(a).Get(label), grid.labels(b).Get(label));
      if (way != 0) return descending ? way > 0 : way < 0;
    }
    const model::Labels& first = grid.labels(a);
    const model::Labels& second = grid.labels(b);
    return descending ? second < first : first < second;
  };
  std::stable_sort(order.begin(), order.end(), less);
  return Evaluated{Reordered(std::move(grid), order)};
}

// A fact of the whole query, in seconds.
template <int64_t (*kMillis)(const QuerySpan&)>
Result<Evaluated> OfQuery(Evaluator& evaluator, const Call&, const Steps& steps) {
  return Evaluated{Column(steps.count, static_cast<double>(kMillis(evaluator.query())) / 1000)};
}
int64_t QueryStart(const QuerySpan& query) { return query.start_ms; }
int64_t QueryEnd(const QuerySpan& query) { return query.end_ms; }
int64_t QueryRange(const QuerySpan& query) { return query.end_ms - query.start_ms; }
int64_t QueryStep(const QuerySpan& query) { return query.step_ms; }

template <bool kLarger>
Result<Evaluated> Extreme(Evaluator& evaluator, const Call& call, const Steps& steps) {
  ASSIGN_OR_RETURN(Column a, evaluator.EvalScalar(*call.args[0], steps));
  ASSIGN_OR_RETURN(Column b, evaluator.EvalScalar(*call.args[1], steps));
  for (size_t i = 0; i < steps.count; ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) {
      a[i] = std::numeric_limits<double>::quiet_NaN();
    } else {
      a[i] = kLarger ? std::max(a[i], b[i]) : std::min(a[i], b[i]);
    }
  }
  return Evaluated{std::move(a)};
}

}  // namespace

std::vector<FunctionInfo> VectorFunctions() {
  constexpr auto kVector = ValueType::kVector;
  constexpr auto kScalar = ValueType::kScalar;
  using C = const Call&;
  using S = const Steps&;
  return {
      {.name = "time", .args = {}, .returns = kScalar, .run = Time},
      {.name = "pi", .args = {}, .returns = kScalar, .run = Pi},
      {.name = "vector", .args = {kScalar}, .run = ToVector},
      {.name = "scalar", .args = {kVector}, .returns = kScalar, .run = ToScalar},
      {.name = "timestamp", .args = {kVector}, .run = Timestamp},
      {.name = "absent", .args = {kVector}, .run = AbsentVector},
      {.name = "absent_over_time", .args = {ValueType::kMatrix}, .run = AbsentOverTime},
      {.name = "sort",
       .args = {kVector},
       .run = [](Evaluator& e, C c, S s) { return SortByValue(e, c, s, false); }},
      {.name = "sort_desc",
       .args = {kVector},
       .run = [](Evaluator& e, C c, S s) { return SortByValue(e, c, s, true); }},
  };
}

std::vector<FunctionInfo> ExperimentalFunctions() {
  constexpr auto kVector = ValueType::kVector;
  constexpr auto kScalar = ValueType::kScalar;
  constexpr auto kString = ValueType::kString;
  using C = const Call&;
  using S = const Steps&;
  const SpecialFunction sort_up = [](Evaluator& e, C c, S s) { return SortByLabel(e, c, s, false); };
  const SpecialFunction sort_down = [](Evaluator& e, C c, S s) { return SortByLabel(e, c, s, true); };
  std::vector<FunctionInfo> table = {
      {.name = "sort_by_label", .args = {kVector, kString}, .variadic = -1, .run = sort_up},
      {.name = "sort_by_label_desc", .args = {kVector, kString}, .variadic = -1, .run = sort_down},
      {.name = "start", .args = {}, .returns = kScalar, .run = OfQuery<QueryStart>},
      {.name = "end", .args = {}, .returns = kScalar, .run = OfQuery<QueryEnd>},
      {.name = "range", .args = {}, .returns = kScalar, .run = OfQuery<QueryRange>},
      {.name = "step", .args = {}, .returns = kScalar, .run = OfQuery<QueryStep>},
      {.name = "max_of", .args = {kScalar, kScalar}, .returns = kScalar, .run = Extreme<true>},
      {.name = "min_of", .args = {kScalar, kScalar}, .returns = kScalar, .run = Extreme<false>},
  };
  for (FunctionInfo& info : table) info.availability = FunctionInfo::Availability::kExperimental;
  return table;
}

}  // namespace belfry::promql
