#include "rules/storage/xor_chunk.h"

#include <bit>

namespace belfry::storage {
namespace {

// A change of distance fits `bits` bits and is announced by `prefix`.
struct TimeClass {
  int bits;
  uint64_t prefix;
  int prefix_bits;
};
constexpr TimeClass kTimeClasses[] = {{14, 0b10, 2}, {17, 0b110, 3}, {20, 0b1110, 4}};

bool Fits(int64_t value, int bits) {
  return value >= -((int64_t{1} << (bits - 1)) - 1) && value <= int64_t{1} << (bits - 1);
}

int64_t SignExtend(uint64_t bits, int count) {
  // The range of a class is (−2^(n−1), 2^(n−1)]: the pattern of −2^(n−1) means +2^(n−1).
  const uint64_t half = uint64_t{1} << (count - 1);
  return bits > half ? static_cast<int64_t>(bits) - (int64_t{1} << count) : static_cast<int64_t>(bits);
}

class BitReader {
 public:
  explicit BitReader(const std::vector<uint8_t>& bytes) : bytes_(bytes) {}

  bool Bit() {
    const bool bit = (bytes_[at_ >> 3] >> (7 - (at_ & 7))) & 1;
    ++at_;
    return bit;
  }
  uint64_t Bits(int count) {
    uint64_t value = 0;
    while (count > 0) {
      const int left = 8 - static_cast<int>(at_ & 7);
      const int take = count < left ? count : left;
      const uint64_t byte = bytes_[at_ >> 3];
      value = value << take | ((byte >> (left - take)) & ((1U << take) - 1));
      at_ += static_cast<size_t>(take);
      count -= take;
    }
    return value;
  }
  int64_t TimeChange() {
    if (!Bit()) return 0;
    for (const TimeClass& c : kTimeClasses)
      if (!Bit()) return SignExtend(Bits(c.bits), c.bits);
    return static_cast<int64_t>(Bits(64));
  }

 private:
  const std::vector<uint8_t>& bytes_;
  size_t at_ = 0;
};

}  // namespace

void XorChunk::PutBits(uint64_t bits, int count) {
  while (count > 0) {
    if (free_bits_ == 0) {
      bytes_.push_back(0);
      free_bits_ = 8;
    }
    const int take = count < free_bits_ ? count : free_bits_;
    const uint64_t part = (bits >> (count - take)) & ((1U << take) - 1);
    bytes_.back() = static_cast<uint8_t>(bytes_.back() | part << (free_bits_ - take));
    free_bits_ = static_cast<uint8_t>(free_bits_ - take);
    count -= take;
  }
}

void XorChunk::PutTime(int64_t change) {
  if (change == 0) return PutBits(0, 1);
  for (const TimeClass& c : kTimeClasses) {
    if (!Fits(change, c.bits)) continue;
    PutBits(c.prefix, c.prefix_bits);
    return PutBits(static_cast<uint64_t>(change), c.bits);
  }
  PutBits(0b1111, 4);
  PutBits(static_cast<uint64_t>(change), 64);
}

void XorChunk::PutValue(double value) {
  const uint64_t change = std::bit_cast<uint64_t>(value) ^ std::bit_cast<uint64_t>(last_.value);
  if (change == 0) return PutBits(0, 1);
  PutBits(1, 1);
  int leading = std::countl_zero(change);
  const int trailing = std::countr_zero(change);
  if (leading > 31) leading = 31;  // five bits
  if (leading_ != 0xFF && leading >= leading_ && trailing >= trailing_) {
    PutBits(0, 1);
    return PutBits(change >> trailing_, 64 - leading_ - trailing_);
  }
  leading_ = static_cast<uint8_t>(leading);
  trailing_ = static_cast<uint8_t>(trailing);
  const int significant = 64 - leading - trailing;
  PutBits(1, 1);
  PutBits(static_cast<uint64_t>(leading), 5);
  PutBits(static_cast<uint64_t>(significant & 63), 6);  // 64 is written as 0
  PutBits(change >> trailing, significant);
}

void XorChunk::Append(Sample sample) {
  if (count_ == 0) {
    first_ms_ = sample.time_ms;
    PutBits(static_cast<uint64_t>(sample.time_ms), 64);
    PutBits(std::bit_cast<uint64_t>(sample.value), 64);
  } else {
    const int64_t distance = sample.time_ms - last_.time_ms;
    PutTime(distance - distance_);
    PutValue(sample.value);
    distance_ = distance;
  }
  last_ = sample;
  ++count_;
}

void XorChunk::Read(int64_t from_ms, int64_t to_ms, std::vector<Sample>& out) const {
  if (count_ == 0 || last_.time_ms < from_ms || first_ms_ > to_ms) return;
  BitReader reader(bytes_);
  int64_t time = static_cast<int64_t>(reader.Bits(64));
  uint64_t value = reader.Bits(64);
  int64_t distance = 0;
  int leading = 0;
  int significant = 0;
  for (uint32_t i = 0;;) {
    if (time > to_ms) return;
    if (time >= from_ms) out.push_back({time, std::bit_cast<double>(value)});
    if (++i == count_) return;
    distance += reader.TimeChange();
    time += distance;
    if (!reader.Bit()) continue;
    if (reader.Bit()) {
      leading = static_cast<int>(reader.Bits(5));
      significant = static_cast<int>(reader.Bits(6));
      if (significant == 0) significant = 64;
    }
    value ^= reader.Bits(significant) << (64 - leading - significant);
  }
}

}  // namespace belfry::storage
