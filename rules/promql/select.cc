// Selectors: the newest sample within the look-back, for every step.
#include <algorithm>

#include "rules/promql/evaluator.h"

namespace belfry::promql {
namespace {

// The look-back of one series, asked step by step. Reference times never go back.
class LookBack {
 public:
  LookBack(std::span<const storage::Sample> samples, int64_t lookback_ms, bool closed)
      : samples_(samples), lookback_ms_(lookback_ms), closed_(closed) {}

  // nullptr: nothing, or the end of the series.
  const storage::Sample* At(int64_t reference_ms) {
    while (next_ < samples_.size() && samples_[next_].time_ms <= reference_ms) ++next_;
    if (next_ == 0) return nullptr;
    const storage::Sample& newest = samples_[next_ - 1];
    const int64_t oldest = reference_ms - lookback_ms_;
    if (closed_ ? newest.time_ms < oldest : newest.time_ms <= oldest) return nullptr;
    return storage::IsStale(newest.value) ? nullptr : &newest;
  }

 private:
  std::span<const storage::Sample> samples_;
  int64_t lookback_ms_;
  bool closed_;
  size_t next_ = 0;
};

}  // namespace

Result<storage::SeriesSet> Evaluator::Select(std::span<const storage::Matcher> matchers, int64_t from_ms,
                                             int64_t to_ms, bool newest_only) {
  const storage::SelectRequest request{.matchers = matchers,
                                       .from_ms = from_ms,
                                       .to_ms = to_ms,
                                       .newest_only = newest_only,
                                       .max_samples = budget_.left()};
  ASSIGN_OR_RETURN(storage::SeriesSet set, data_.Select(request));
  stats_.series_selected += set.series.size();
  stats_.samples_selected += set.samples.size();
  RETURN_IF_ERROR(budget_.Work(set.samples.size() + set.series.size()));
  return set;
}

Result<Grid> Evaluator::EvalSelector(const VectorSelector& selector, const Steps& steps, bool times) {
  const Reference reference = ReferenceOf(selector.at, selector.offset, query_);
  const int64_t lookback = storage::ToMillis(options_.lookback);
  const int64_t from = reference.First(steps) - lookback + (Is2() ? 0 : 1);
  const bool one_time = reference.fixed || steps.count == 1;
  ASSIGN_OR_RETURN(storage::SeriesSet set, Select(selector.matchers, from, reference.Last(steps), one_time));
  RETURN_IF_ERROR(budget_.Hold(set.series.size() * steps.count));
  RETURN_IF_ERROR(budget_.Work(set.series.size() * steps.count));
  Grid grid(steps.count);
  grid.Reserve(set.series.size());
  grid.one_name = NamesOneMetric(selector.matchers);
  for (storage::SelectedSeries& series : set.series) {
    LookBack look(set.SamplesOf(series), lookback, Is2());
    const auto cells = grid.AddRow(std::move(series.labels));
    bool any = false;
    for (size_t i = 0; i < steps.count; ++i) {
      const storage::Sample* found = look.At(reference.At(steps, i));
      if (found == nullptr) continue;
      cells[i] = times ? static_cast<double>(found->time_ms) / 1000 : found->value;
      any = true;
    }
    if (!any) grid.DropLastRow();
  }
  return grid;
}

}  // namespace belfry::promql
