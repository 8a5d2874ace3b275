#include "agent/base/time.h"

#include <gtest/gtest.h>

namespace belfry {
namespace {

struct Rfc3339Case {
  const char* name;
  const char* text;
  int64_t unix_nanos;
  const char* printed;
};

class Rfc3339 : public ::testing::TestWithParam<Rfc3339Case> {};

TEST_P(Rfc3339, ReadsAndPrints) {
  const auto t = ParseRfc3339(GetParam().text);
  ASSERT_TRUE(t.ok()) << t.error().message;
  EXPECT_EQ(t->time_since_epoch().count(), GetParam().unix_nanos);
  EXPECT_EQ(FormatRfc3339(*t), GetParam().printed);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc3339,
    ::testing::Values(
        Rfc3339Case{"Epoch", "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
        Rfc3339Case{"OffsetEast", "2026-03-29T03:30:00+02:00", 1774747800'000000000, "2026-03-29T01:30:00Z"},
        Rfc3339Case{"OffsetWestHalfHour", "2026-01-01T00:00:00-03:30", 1767238200'000000000,
                    "2026-01-01T03:30:00Z"},
        Rfc3339Case{"Fraction", "2026-01-01T00:00:00.25Z", 1767225600'250000000, "2026-01-01T00:00:00.25Z"},
        Rfc3339Case{"NineDigits", "2026-01-01T00:00:00.000000001Z", 1767225600'000000001,
                    "2026-01-01T00:00:00.000000001Z"},
        Rfc3339Case{"LeapDay", "2024-02-29T12:00:00Z", 1709208000'000000000, "2024-02-29T12:00:00Z"},
        Rfc3339Case{"Before1970", "1969-12-31T23:59:59Z", -1'000000000, "1969-12-31T23:59:59Z"}),
    [](const auto& info) { return info.param.name; });

TEST(Rfc3339Errors, NamesTheText) {
  for (const char* text :
       {"", "now", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-13-01T00:00:00Z"}) {
    const auto t = ParseRfc3339(text);
    ASSERT_FALSE(t.ok()) << text;
    EXPECT_EQ(t.error().code, Code::kInvalid);
    EXPECT_NE(t.error().message.find("\"" + std::string(text) + "\""), std::string::npos);
  }
}

struct DurationCase {
  const char* name;
  const char* text;
  int64_t nanos;
  const char* printed;
};

class Durations : public ::testing::TestWithParam<DurationCase> {};

TEST_P(Durations, ReadsAndPrints) {
  const auto d = ParseDuration(GetParam().text);
  ASSERT_TRUE(d.ok()) << d.error().message;
  EXPECT_EQ(d->count(), GetParam().nanos);
  EXPECT_EQ(FormatDuration(*d), GetParam().printed);
}

INSTANTIATE_TEST_SUITE_P(Table, Durations,
                         ::testing::Values(DurationCase{"Zero", "0", 0, "0s"},
                                           DurationCase{"Seconds", "90s", 90'000000000, "1m30s"},
                                           DurationCase{"Mixed", "1h30m", 5400'000000000, "1h30m"},
                                           DurationCase{"Fraction", "1.5h", 5400'000000000, "1h30m"},
                                           DurationCase{"Millis", "250ms", 250'000000, "250ms"},
                                           DurationCase{"Micros", "10us", 10'000, "10µs"},
                                           DurationCase{"Days", "2d", 172800'000000000, "48h"},
                                           DurationCase{"Week", "1w", 604800'000000000, "168h"},
                                           DurationCase{"Negative", "-5m", -300'000000000, "-5m"},
                                           DurationCase{"SubSecond", "1m1.5s", 61'500000000, "1m1.5s"}),
                         [](const auto& info) { return info.param.name; });

TEST(DurationErrors, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "-", "5", "s", "1x", "1h 30m", "--1s", "1e3s", "999999999d", "infs", "nanh"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

}  // namespace
}  // namespace belfry
