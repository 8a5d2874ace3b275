// Samples packed into bits.
// Each time is stored as the change of its distance to the one before, each value as the XOR with the one
// before: regular series cost one bit for the time and one for an unchanged value. Source: Pelkonen et al.,
// "Gorilla", VLDB 2015, section 4.1, with millisecond buckets as Prometheus chooses them.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/storage/sample.h"

namespace belfry::storage {

class XorChunk {
 public:
  // Requires: later than the last sample.
  void Append(Sample sample);
  // Gives back what growing has reserved.
  void Seal() { bytes_.shrink_to_fit(); }

  int64_t first_ms() const { return first_ms_; }
  int64_t last_ms() const { return last_.time_ms; }
  double last_value() const { return last_.value; }
  uint32_t count() const { return count_; }
  size_t byte_size() const { return bytes_.capacity(); }

  // Appends the samples of [from_ms, to_ms] to `out`.
  void Read(int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) const;

 private:
  void PutBits(uint64_t bits, int count);
  void PutTime(int64_t change);
  void PutValue(double value);

  std::vector<uint8_t> bytes_;
  uint8_t free_bits_ = 0;  // of the last byte
  uint8_t leading_ = 0xFF;
  uint8_t trailing_ = 0;
  uint32_t count_ = 0;
  int64_t first_ms_ = 0;
  int64_t distance_ = 0;
  Sample last_;
};

}  // namespace belfry::storage
