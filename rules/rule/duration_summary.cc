#include "rules/rule/duration_summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace belfry::rule {

void DurationSummary::Observe(Duration taken, Duration now) {
  sum_ += taken;
  ++count_;
  if (newest_.size() < kMostKept) {
    newest_.push_back({taken, now});
    return;
  }
  newest_[next_] = {taken, now};
  next_ = (next_ + 1) % kMostKept;
}

SummaryValue DurationSummary::Read(std::span<const double> quantiles, Duration now) const {
  std::vector<Duration> recent;
  for (const Observation& one : newest_) {
    if (now - one.at <= kWindow) recent.push_back(one.taken);
  }
  std::sort(recent.begin(), recent.end());
  SummaryValue value{.quantiles = {}, .sum = ToSeconds(sum_), .count = count_};
  for (const double q : quantiles) {
    const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(recent.size())));
    value.quantiles.emplace_back(q, recent.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                   : ToSeconds(recent[std::max<size_t>(rank, 1) - 1]));
  }
  return value;
}

}  // namespace belfry::rule
