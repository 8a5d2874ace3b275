// How long things take, as a metric of type summary.
// Source: the summaries of Prometheus' client for Go: quantiles over the last ten minutes, count and sum over
// all time. Theirs are estimated, ours are exact over the newest observations.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "agent/base/time.h"

namespace belfry::rule {

// A summary at one instant. Units: seconds.
struct SummaryValue {
  std::vector<std::pair<double, double>> quantiles;  // NaN where nothing was observed lately
  double sum = 0;
  uint64_t count = 0;
};

class DurationSummary {
 public:
  static constexpr Duration kWindow = std::chrono::minutes(10);
  static constexpr size_t kMostKept = 4096;  // a storm of evaluations costs no more memory than this

  // `now`: steady time, never less than before.
  void Observe(Duration taken, Duration now);
  SummaryValue Read(std::span<const double> quantiles, Duration now) const;

 private:
  struct Observation {
    Duration taken;
    Duration at;
  };

  std::vector<Observation> newest_;  // a ring from kMostKept on
  size_t next_ = 0;
  Duration sum_{0};
  uint64_t count_ = 0;
};

}  // namespace belfry::rule
