// The evaluation of one query: walks the tree, computing every node for all steps at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "rules/promql/ast.h"
#include "rules/promql/engine.h"
#include "rules/promql/grid.h"
#include "rules/promql/range_input.h"
#include "rules/storage/queryable.h"

namespace belfry::promql {

// Samples held and work done, against the limits.
class Budget {
 public:
  explicit Budget(const EvalOptions& options) : options_(options) {}

  // Charges work. Errors: kTimeout, kCancelled.
  Result<void> Work(uint64_t amount);
  // Says that `count` samples more are held. Errors: kTooLarge.
  Result<void> Hold(size_t count);
  size_t held() const { return held_; }
  void SetHeld(size_t count) { held_ = count; }
  size_t left() const { return options_.max_samples - std::min(held_, options_.max_samples); }
  uint64_t work() const { return work_; }

 private:
  const EvalOptions& options_;
  size_t held_ = 0;
  uint64_t work_ = 0;
  uint64_t next_look_ = 0;
};

class Evaluator {
 public:
  Evaluator(const QuerySpan& query, const storage::Queryable& data, const EvalOptions& options)
      : query_(query), data_(data), options_(options), budget_(options) {}

  Result<Evaluated> Eval(const Expr& expr, const Steps& steps);
  Result<Grid> EvalVector(const Expr& expr, const Steps& steps);
  Result<Column> EvalScalar(const Expr& expr, const Steps& steps);
  // Requires: expr is a range selector or a subquery, perhaps in parentheses.
  Result<RangeInput> EvalRange(const Expr& expr, const Steps& steps);
  // Selector values, or with `times` the Unix seconds of the samples found.
  Result<Grid> EvalSelector(const VectorSelector& selector, const Steps& steps, bool times);

  // Says which expression an error comes from; the first word counts, so the innermost may have it.
  void Blame(const Expr& expr);
  // An evaluation that the series do not allow, because of `expr`.
  Error NotPossibleAt(const Expr& expr, std::string message);
  // `error` with the place of that expression: `…, what is wrong (at 1:12)`.
  Error Placed(Error error) const;

  // `grid` without metric names. Errors: kFailedPrecondition when that makes two samples alike.
  Result<Grid> DropNames(Grid grid, bool strict = false);
  Result<Grid> Merged(Grid grid, bool strict = false);
  // What is said about a result, with the place of the expression it is about.
  void Warn(const Expr& about, std::string_view warning);
  void Inform(const Expr& about, std::string_view info);

  Budget& budget() { return budget_; }
  const EvalOptions& options() const { return options_; }
  const QuerySpan& query() const { return query_; }
  bool Is2() const { return options_.dialect == Dialect::kPrometheus2; }
  EvalStats& stats() { return stats_; }

 private:
  static void Note(const Expr& about, std::string_view text, std::vector<std::string>& notes);
  Result<Evaluated> EvalCounted(const Expr& expr, const Steps& steps);
  Result<Evaluated> EvalNode(const Expr& expr, const Steps& steps);
  Result<Evaluated> EvalUnary(const Unary& unary, const Steps& steps);
  Result<Evaluated> EvalCall(const Call& call, const Steps& steps);
  Result<Grid> CallRange(const Call& call, const Steps& steps);
  Result<Grid> CallMap(const Call& call, const Steps& steps);
  Result<Grid> CallCalendar(const Call& call, const Steps& steps);
  Result<RangeInput> EvalSubquery(const Subquery& subquery, const Steps& steps);
  Result<storage::SeriesSet> Select(std::span<const storage::Matcher> matchers, int64_t from_ms,
                                    int64_t to_ms, bool newest_only);

  QuerySpan query_;
  const storage::Queryable& data_;
  const EvalOptions& options_;
  Budget budget_;
  EvalStats stats_;
  std::optional<Place> blamed_;
};

// Binary operators (binary.cc, vector_match.cc) and aggregations (aggregate.cc).
Result<Evaluated> EvalBinary(Evaluator& evaluator, const Binary& binary, const Steps& steps);
Result<Grid> MatchVectors(Evaluator& evaluator, const Binary& binary, Grid left, Grid right);
Result<Grid> CombineSets(Evaluator& evaluator, const Binary& binary, Grid left, Grid right);
Result<Grid> EvalAggregate(Evaluator& evaluator, const Aggregate& aggregate, const Steps& steps);
// Whether the result is another quantity than the operands, so that the metric name does not fit it any more.
bool ChangesMeaning(const Binary& binary, Dialect dialect);
// The arithmetic of two numbers; comparisons give 1 or 0.
double Compute(BinaryOp op, double left, double right);

Error WithPlace(Error error, Place place);

// An evaluation that the series do not allow.
inline Error NotPossible(std::string message) { return {Code::kFailedPrecondition, std::move(message)}; }

}  // namespace belfry::promql
