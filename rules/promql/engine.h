// Evaluation: an expression, a time, series in; a value out.
// Source: Prometheus 3.14's engine; sums, rates and quantiles follow its formulas to the last bit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "rules/promql/ast.h"
#include "rules/promql/value.h"
#include "rules/storage/queryable.h"

namespace belfry::promql {

// What a user should know about a result that is not an error, as Prometheus words it.
struct Annotations {
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

struct EvalStats {
  size_t series_selected = 0;
  size_t samples_selected = 0;
  uint64_t work = 0;
};

struct EvalOptions {
  Duration lookback = std::chrono::minutes(5);
  Duration default_subquery_step = std::chrono::minutes(1);
  size_t max_samples = 50'000'000;  // held at one time
  uint64_t max_work = UINT64_MAX;   // a budget of elementary steps instead of a clock
  std::function<bool()> cancelled;  // asked now and then; true ends the evaluation
  Dialect dialect = Dialect::kPrometheus3;
  Annotations* annotations = nullptr;  // filled if given
  EvalStats* stats = nullptr;          // filled if given
};

// The value at `at` (cut to milliseconds): Scalar, String, Vector, or for a range selector Matrix. Pure: the
// same input gives the same value in the same order. Errors, each but kCancelled ending in the place of the
// expression it comes from, ` (at 1:12)`: kFailedPrecondition what the query asks cannot be had from these
// series (many-to-many matching, duplicate label sets); kTooLarge more than max_samples; kTimeout work budget
// used up; kCancelled.
Result<Value> EvaluateInstant(const Expr& expr, Instant at, const storage::Queryable& data,
                              const EvalOptions& options = {});

// The values at from, from+step, … up to `to`, as a Matrix (a scalar expression: one series without labels).
// Errors: as above, and kInvalid for a step ≤ 0, to < from, or an expression that is a string or a range
// vector.
Result<Value> EvaluateRange(const Expr& expr, Instant from, Instant to, Duration step,
                            const storage::Queryable& data, const EvalOptions& options = {});

}  // namespace belfry::promql
