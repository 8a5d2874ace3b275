// Quantiles of samples and of classic histograms.
// Source: Prometheus' promql/quantile.go of 3.14; linear interpolation throughout.
#pragma once

#include <vector>

#include "rules/promql/ast.h"

namespace belfry::promql {

// The q-quantile; NaN values count as the smallest. −Inf for q < 0, +Inf for q > 1, NaN for none or q NaN.
double Quantile(double q, std::vector<double> values);

struct Bucket {
  double upper_bound = 0;
  double count = 0;  // cumulative
};

struct BucketQuantileResult {
  double value = 0;
  bool forced_monotonic = false;  // counts fell by more than rounding explains
};
// Requires: at least one bucket.
BucketQuantileResult BucketQuantile(double q, std::vector<Bucket> buckets, Dialect dialect);
// The share of observations between two values. Requires: at least one bucket.
double BucketFraction(double lower, double upper, std::vector<Bucket> buckets);

}  // namespace belfry::promql
