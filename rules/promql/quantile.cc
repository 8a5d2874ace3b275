#include "rules/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace belfry::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kSmallDelta = 1e-12;  // what rounding of computed bucket counts may explain

// What q outside [0, 1] means.
std::optional<double> OutOfRange(double q) {
  if (std::isnan(q)) return kNan;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  return std::nullopt;
}

void SortByBound(std::vector<Bucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
}

// Buckets of one bound (`le="1"` and `le="1.0"`) count together.
void Coalesce(std::vector<Bucket>& buckets) {
  size_t last = 0;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
}

// Equal but for a relative error.
bool AlmostEqual(double a, double b, double tolerance) {
  if (a == b) return true;
  const double sum = std::fabs(a) + std::fabs(b);
  const double diff = std::fabs(a - b);
  constexpr double kLeastNormal = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || sum < kLeastNormal) return diff < tolerance * kLeastNormal;
  return diff / std::min(sum, std::numeric_limits<double>::max()) < tolerance;
}

// Cumulative counts must not fall. True if they fell by more than `tolerance`.
bool MakeMonotonic(std::vector<Bucket>& buckets, double tolerance) {
  bool forced = false;
  double previous = buckets[0].count;
  for (size_t i = 1; i < buckets.size(); ++i) {
    const double current = buckets[i].count;
    if (current == previous) continue;
    if (tolerance > 0 && AlmostEqual(previous, current, tolerance)) {
      buckets[i].count = previous;
    } else if (current < previous) {
      buckets[i].count = previous;
      forced = true;
    } else {
      previous = current;
    }
  }
  return forced;
}

double Interpolate(const std::vector<Bucket>& buckets, double rank) {
  const auto reaches = [](const Bucket& b, double wanted) { return !(b.count >= wanted); };
  const auto at = std::lower_bound(buckets.begin(), buckets.end() - 1, rank, reaches);
  const auto b = static_cast<size_t>(at - buckets.begin());
  if (b == buckets.size() - 1) return buckets[b - 1].upper_bound;
  if (b == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  double start = 0;
  const double end = buckets[b].upper_bound;
  double count = buckets[b].count;
  if (b > 0) {
    start = buckets[b - 1].upper_bound;
    count -= buckets[b - 1].count;
    rank -= buckets[b - 1].count;
  }
  return start + (end - start) * (rank / count);
}

}  // namespace

double Quantile(double q, std::vector<double> values) {
  if (values.empty()) return kNan;
  if (const auto outside = OutOfRange(q)) return *outside;
  std::sort(values.begin(), values.end(), [](double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    return a < b;
  });
  const auto n = static_cast<double>(values.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[static_cast<size_t>(lower)] * (1 - weight) + values[static_cast<size_t>(upper)] * weight;
}

BucketQuantileResult BucketQuantile(double q, std::vector<Bucket> buckets, Dialect dialect) {
  if (const auto outside = OutOfRange(q)) return {*outside};
  SortByBound(buckets);
  if (buckets.back().upper_bound != kInf) return {kNan};
  Coalesce(buckets);
  const bool forced = MakeMonotonic(buckets, dialect == Dialect::kPrometheus2 ? 0 : kSmallDelta);
  const double observations = buckets.back().count;
  if (buckets.size() < 2 || observations == 0) return {kNan, forced};
  return {Interpolate(buckets, q * observations), forced};
}

double BucketFraction(double lower, double upper, std::vector<Bucket> buckets) {
  SortByBound(buckets);
  if (buckets.back().upper_bound != kInf) return kNan;
  Coalesce(buckets);
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  // The number of observations at or below `value`, as far as the buckets tell.
  const auto rank_of = [&](double value) {
    double rank = 0;
    double low = buckets[0].upper_bound <= 0 ? -kInf : 0;
    for (const Bucket& bucket : buckets) {
      if (low >= value) return std::min(rank, count);
      if (bucket.upper_bound > value) {
        const double inside = low == -kInf
                                  ? bucket.count
                                  : rank + (bucket.count - rank) * (value - low) / (bucket.upper_bound - low);
        return std::min(inside, count);
      }
      rank = bucket.count;
      low = bucket.upper_bound;
    }
    return count;
  };
  return (rank_of(upper) - rank_of(lower)) / count;
}

}  // namespace belfry::promql
