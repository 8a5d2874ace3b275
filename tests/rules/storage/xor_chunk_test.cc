#include "rules/storage/xor_chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace belfry::storage {
namespace {

std::vector<Sample> RoundTrip(const std::vector<Sample>& samples) {
  XorChunk chunk;
  for (const Sample& s : samples) chunk.Append(s);
  EXPECT_EQ(chunk.count(), samples.size());
  std::vector<Sample> out;
  chunk.Read(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), out);
  return out;
}

void ExpectSame(const std::vector<Sample>& want) {
  const std::vector<Sample> got = RoundTrip(want);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(got[i].time_ms, want[i].time_ms) << i;
    EXPECT_EQ(std::bit_cast<uint64_t>(got[i].value), std::bit_cast<uint64_t>(want[i].value)) << i;
  }
}

TEST(XorChunk, KeepsEveryBitPattern) {
  const double inf = std::numeric_limits<double>::infinity();
  std::vector<Sample> samples;
  int64_t time = 1'700'000'000'000;
  for (const double v :
       {0.0, -0.0, 1.0, inf, -inf, std::nan(""), StaleMarker(), 5e-324, 1.7976931348623157e308, 1.0}) {
    samples.push_back({time += 15'000, v});
  }
  ExpectSame(samples);
}

TEST(XorChunk, KeepsEveryDistance) {
  // The edges of every class of changes, both signs, and jumps of years.
  std::vector<Sample> samples;
  int64_t time = -5'000'000'000'000;
  double value = 0;
  for (const int64_t distance :
       {int64_t{1}, int64_t{8'191}, int64_t{8'192}, int64_t{8'193}, int64_t{16'384}, int64_t{16'385},
        int64_t{65'536}, int64_t{65'537}, int64_t{131'073}, int64_t{1}, int64_t{524'288}, int64_t{1'048'577},
        int64_t{1}, int64_t{1} << 40, int64_t{1}, int64_t{2}, int64_t{1} << 41}) {
    samples.push_back({time += distance, value += 1});
  }
  ExpectSame(samples);
}

TEST(XorChunk, KeepsRandomSeries) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Sample> samples;
    int64_t time = static_cast<int64_t>(random() % 1'000'000);
    for (int i = 0; i < 150; ++i) {
      time += 1 + static_cast<int64_t>(random() >> (random() % 50 + 14));
      const uint64_t bits = random();
      samples.push_back(
          {time, round % 2 == 0 ? std::bit_cast<double>(bits) : static_cast<double>(bits % 100)});
    }
    ExpectSame(samples);
  }
}

TEST(XorChunk, ReadsOnlyTheWindow) {
  XorChunk chunk;
  for (int i = 0; i < 100; ++i) chunk.Append({i * 1000, static_cast<double>(i)});
  std::vector<Sample> out;
  chunk.Read(10'000, 20'000, out);
  ASSERT_EQ(out.size(), 11u);
  EXPECT_EQ(out.front(), (Sample{10'000, 10}));
  EXPECT_EQ(out.back(), (Sample{20'000, 20}));
  out.clear();
  chunk.Read(99'001, 200'000, out);
  chunk.Read(-10, -1, out);
  XorChunk().Read(0, 1'000'000, out);
  EXPECT_TRUE(out.empty());
}

TEST(XorChunk, RegularSeriesTakeAtMostTwoBytesASample) {
  const auto bytes_per_sample = [](auto value) {
    XorChunk chunk;
    for (int i = 0; i < 120; ++i) chunk.Append({1'700'000'000'000 + i * 15'000, value(i)});
    chunk.Seal();
    return static_cast<double>(chunk.byte_size()) / 120;
  };
  EXPECT_LE(bytes_per_sample([](int) { return 1.0; }), 0.5);
  EXPECT_LE(bytes_per_sample([](int i) { return i % 30 == 0 ? 1.0 : 0.0; }), 1.0);
  EXPECT_LE(bytes_per_sample([](int i) { return static_cast<double>(1000 + i); }), 2.0);
}

}  // namespace
}  // namespace belfry::storage
