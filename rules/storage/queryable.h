// Where the evaluator reads series from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "agent/base/result.h"
#include "exporters/model/labels.h"
#include "rules/storage/matcher.h"
#include "rules/storage/sample.h"
#include "rules/storage/series_labels.h"

namespace belfry::storage {

struct SelectRequest {
  // All must match. A metric name is a matcher on `__name__`.
  std::span<const Matcher> matchers;
  // The window, both ends included. Units: Unix milliseconds.
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  // Only the newest sample of each series in the window is wanted (it may be a stale marker).
  bool newest_only = false;
  size_t max_samples = std::numeric_limits<size_t>::max();
};

struct SelectedSeries {
  SeriesLabels labels;  // borrowed from what the selection was made of
  size_t first = 0;     // into SeriesSet::samples
  size_t count = 0;
};

// Series and their samples, oldest first, stale markers included. One array of samples, because most
// selections hold one sample of each of many series.
struct SeriesSet {
  std::vector<SelectedSeries> series;
  std::vector<Sample> samples;

  std::span<const Sample> SamplesOf(const SelectedSeries& s) const {
    return {samples.data() + s.first, s.count};
  }
};

class Queryable {
 public:
  virtual ~Queryable() = default;
  // Series that match and have a sample in the window, each label set once, in an order that does not change
  // between calls. Their labels may point into the source: it must not change while they are used. Errors:
  // kTooLarge beyond max_samples.
  virtual Result<SeriesSet> Select(const SelectRequest& request) const = 0;
};

}  // namespace belfry::storage
