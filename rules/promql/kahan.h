// Sums that keep what rounding loses.
// Source: Kahan's summation with Neumaier's improvement, in the order of operations Prometheus uses.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace belfry::promql {

struct KahanSum {
  double sum = 0;
  double lost = 0;

  // `guard`: an infinite sum forgets what was lost (Prometheus 3; 2 does not).
  void Add(double value, bool guard = true) {
    const double total = sum + value;
    // Chosen, not branched on: which of the two is larger is anybody's guess to a processor.
    const bool sum_larger = std::fabs(sum) >= std::fabs(value);
    const double larger = sum_larger ? sum : value;
    const double smaller = sum_larger ? value : sum;
    lost += (larger - total) + smaller;
    if (guard && std::isinf(total)) lost = 0;
    sum = total;
  }
};

// Eight sums that advance side by side, so that a processor need not wait for one addition before the next.
// What each adds is what KahanSum adds, but for the guard.
class KahanLanes {
 public:
  static constexpr size_t kCount = 8;
  // Two doubles in one register; arithmetic, comparison and choice go by element, and no branch is left.
  using Pair = double __attribute__((vector_size(2 * sizeof(double))));
  using Values = std::array<Pair, kCount / 2>;

  void Add(const Values& values) {
    for (size_t i = 0; i < values.size(); ++i) AddPair(values[i], sum_[i], lost_[i]);
  }
  // One more value of running means: `values` are the `count`-th.
  void AddToMeans(const Values& values, double count) {
    for (size_t i = 0; i < values.size(); ++i)
      AddPair(values[i] / count - sum_[i] / count, sum_[i], lost_[i]);
  }
  KahanSum Lane(size_t i) const { return {sum_[i / 2][i % 2], lost_[i / 2][i % 2]}; }

 private:
  static void AddPair(const Pair& value, Pair& sum, Pair& lost) {
    const Pair total = sum + value;
    const auto sum_larger = (sum < 0 ? -sum : sum) >= (value < 0 ? -value : value);
    const Pair larger = sum_larger ? sum : value;
    const Pair smaller = sum_larger ? value : sum;
    lost += (larger - total) + smaller;
    sum = total;
  }

  Values sum_{};
  Values lost_{};
};

// A mean that sums first and divides last, and goes over to a running mean once the sum overflows.
class KahanMean {
 public:
  KahanMean() = default;
  // After `count` values with that sum, which is finite.
  KahanMean(double count, KahanSum sum) : count_(count), sum_(sum) {}

  void Add(double value) {
    count_ += 1;
    if (count_ == 1) {
      sum_.sum = value;
      return;
    }
    if (!running_) {
      KahanSum next = sum_;
      next.Add(value);
      if (!std::isinf(next.sum)) {
        sum_ = next;
        return;
      }
      running_ = true;
      sum_.sum /= count_ - 1;
      sum_.lost /= count_ - 1;
    }
    const double kept = (count_ - 1) / count_;
    sum_.sum *= kept;
    sum_.lost *= kept;
    sum_.Add(value / count_);
  }
  double Get() const { return running_ ? sum_.sum + sum_.lost : sum_.sum / count_ + sum_.lost / count_; }

 private:
  double count_ = 0;
  bool running_ = false;
  KahanSum sum_;
};

// Prometheus 2's running mean, which stays infinite once it is. `compensated`: in avg_over_time, not in avg.
class RunningMean {
 public:
  explicit RunningMean(bool compensated) : compensated_(compensated) {}
  // The mean of `first` alone, so far.
  RunningMean(bool compensated, double first) : compensated_(compensated), count_(1) { mean_.sum = first; }
  // The compensated mean of `count` values, so far.
  RunningMean(double count, KahanSum mean) : compensated_(true), count_(count), mean_(mean) {}

  void Add(double value) {
    count_ += 1;
    if (std::isinf(mean_.sum)) {
      const bool same = std::isinf(value) && (mean_.sum > 0) == (value > 0);
      if (same || std::isfinite(value)) return;
    }
    const double change = value / count_ - mean_.sum / count_;
    if (compensated_) {
      mean_.Add(change, false);
    } else {
      mean_.sum += change;
    }
  }
  double Get() const { return std::isinf(mean_.sum) ? mean_.sum : mean_.sum + mean_.lost; }

 private:
  bool compensated_;
  double count_ = 0;
  KahanSum mean_;
};

}  // namespace belfry::promql
