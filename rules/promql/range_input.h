// Range vectors as functions read them: the samples of every series, and for every step the window into them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/base/time.h"
#include "rules/promql/ast.h"
#include "rules/promql/grid.h"
#include "rules/storage/queryable.h"

namespace belfry::promql {

// Where a selector looks: the reference time of a step is its own, or that of @, minus the offset.
struct Reference {
  bool fixed = false;
  int64_t fixed_ms = 0;
  int64_t offset_ms = 0;

  int64_t At(const Steps& steps, size_t i) const { return fixed ? fixed_ms : steps.At(i) - offset_ms; }
  int64_t First(const Steps& steps) const { return At(steps, 0); }
  int64_t Last(const Steps& steps) const { return At(steps, steps.count - 1); }
};
// The times a query was asked for: what `@ start()` and `@ end()` mean, whatever the steps of a subquery are.
struct QuerySpan {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;  // 0: an instant query
};
Reference ReferenceOf(const std::optional<AtModifier>& at, Duration offset, const QuerySpan& query);

struct RangeInput {
  storage::SeriesSet set;  // no stale markers
  int64_t range_ms = 0;
  double range_seconds = 0;
  Reference reference;  // where windows end
  bool closed = false;  // the left end belongs to the window (Prometheus 2)
  bool one_name = false;
};

// Moves a window along one series' samples. Requires: windows are asked for in order of time.
class WindowCursor {
 public:
  WindowCursor(std::span<const storage::Sample> samples, bool closed) : samples_(samples), closed_(closed) {}

  std::span<const storage::Sample> Move(int64_t from_ms, int64_t to_ms) {
    while (end_ < samples_.size() && samples_[end_].time_ms <= to_ms) ++end_;
    while (begin_ < end_ && Before(samples_[begin_].time_ms, from_ms)) ++begin_;
    return samples_.subspan(begin_, end_ - begin_);
  }

 private:
  bool Before(int64_t time_ms, int64_t from_ms) const {
    return closed_ ? time_ms < from_ms : time_ms <= from_ms;
  }

  std::span<const storage::Sample> samples_;
  bool closed_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// A matcher `=` on the metric name: all series have that name.
bool NamesOneMetric(std::span<const storage::Matcher> matchers);

}  // namespace belfry::promql
