#include "exporters/model/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

namespace belfry::model {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

struct NumberCase {
  double value;
  const char* number;
  const char* g;
  const char* e;
};

// As Go prints them: encoding/json's rule, %v, and %e with the shortest digits.
const NumberCase kNumbers[] = {
    {0, "0", "0", "0e+00"},
    {-0.0, "-0", "-0", "-0e+00"},
    {1, "1", "1", "1e+00"},
    {-1, "-1", "-1", "-1e+00"},
    {0.1, "0.1", "0.1", "1e-01"},
    {100, "100", "100", "1e+02"},
    {21, "21", "21", "2.1e+01"},
    {123456, "123456", "123456", "1.23456e+05"},
    {1234567, "1234567", "1.234567e+06", "1.234567e+06"},
    {1e6, "1000000", "1e+06", "1e+06"},
    {1732190400.5, "1732190400.5", "1.7321904005e+09", "1.7321904005e+09"},
    {0.0001, "0.0001", "0.0001", "1e-04"},
    {0.00001, "0.00001", "1e-05", "1e-05"},
    {0.000001, "0.000001", "1e-06", "1e-06"},
    {0.0000001, "1e-07", "1e-07", "1e-07"},
    {-1.5e-7, "-1.5e-07", "-1.5e-07", "-1.5e-07"},
    {9007199254740993.0, "9007199254740992", "9.007199254740992e+15", "9.007199254740992e+15"},
    {295147905179352825856.0, "295147905179352830000", "2.9514790517935283e+20", "2.9514790517935283e+20"},
    {1e20, "100000000000000000000", "1e+20", "1e+20"},
    {1e21, "1e+21", "1e+21", "1e+21"},
    {-1e300, "-1e+300", "-1e+300", "-1e+300"},
    {5e-324, "5e-324", "5e-324", "5e-324"},
    {1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308", "1.7976931348623157e+308"},
    {1.0 / 3, "0.3333333333333333", "0.3333333333333333", "3.333333333333333e-01"},
    {kInf, "+Inf", "+Inf", "+Inf"},
    {-kInf, "-Inf", "-Inf", "-Inf"},
    {std::numeric_limits<double>::quiet_NaN(), "NaN", "NaN", "NaN"},
};

TEST(Number, IsWrittenAsGoWritesIt) {
  for (const auto& [value, number, g, e] : kNumbers) {
    EXPECT_EQ(FormatNumber(value), number);
    EXPECT_EQ(FormatNumberG(value), g);
    EXPECT_EQ(FormatNumberE(value), e);
  }
}

TEST(Number, ReadsBackAsTheSameDouble) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double value;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    for (const std::string& text : {FormatNumber(value), FormatNumberG(value), FormatNumberE(value)}) {
      EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    }
  }
}

TEST(Number, BoundsAreCanonical) {
  EXPECT_EQ(FormatBound(0), "0.0");
  EXPECT_EQ(FormatBound(1), "1.0");
  EXPECT_EQ(FormatBound(512), "512.0");
  EXPECT_EQ(FormatBound(0.5), "0.5");
  EXPECT_EQ(FormatBound(1e6), "1e+06");
  EXPECT_EQ(FormatBound(kInf), "+Inf");
}

TEST(Number, AppendKeepsWhatIsThere) {
  std::string out = "x ";
  AppendNumber(2.5, out);
  EXPECT_EQ(out, "x 2.5");
}

}  // namespace
}  // namespace belfry::model
