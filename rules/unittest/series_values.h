// The notation for the samples of an input series: `1+2x3 _ stale 7x2`.
// Source: the series notation of Prometheus' unit tests; native histograms (`{{…}}`) are refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"

namespace belfry::unittest {

// `count` samples in a row. Numbers are start, start+step, … by repeated addition.
struct ValueRun {
  enum class Kind { kNumber, kGap, kStale };
  Kind kind = Kind::kNumber;
  uint64_t count = 1;
  double start = 0;
  double step = 0;

  bool operator==(const ValueRun&) const = default;
};

// Items between blanks, tabs and line ends: a number, `VxN` (N+1 times), `V+DxN`, `V-DxN` (N+1 values), `_`,
// `_xN` (N gaps), `stale`. Errors: kInvalid with the column from 1 and the item.
Result<std::vector<ValueRun>> ParseSeriesValues(std::string_view text);

// Hands out the values of runs one after another.
class ValueCursor {
 public:
  explicit ValueCursor(const std::vector<ValueRun>& runs) : runs_(&runs) { Enter(); }

  bool done() const { return run_ == runs_->size(); }
  // Requires: not done.
  const ValueRun& run() const { return (*runs_)[run_]; }
  double value() const { return value_; }
  void Next();

 private:
  void Enter();

  const std::vector<ValueRun>* runs_;
  size_t run_ = 0;
  uint64_t left_ = 0;
  double value_ = 0;
};

}  // namespace belfry::unittest
