#include "rules/unittest/series_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "exporters/model/number.h"
#include "rules/storage/sample.h"

namespace belfry::unittest {
namespace {

using testing::HasSubstr;

// The samples as text, `_` for none, at most twenty of them.
std::string Samples(std::string_view text) {
  const auto runs = ParseSeriesValues(text);
  if (!runs.ok()) return "error: " + runs.error().message;
  std::string out;
  int count = 0;
  for (ValueCursor cursor(*runs); !cursor.done() && count < 20; cursor.Next(), ++count) {
    const bool gap = cursor.run().kind == ValueRun::Kind::kGap;
    if (!out.empty()) out += " ";
    out += gap ? "_" : storage::IsStale(cursor.value()) ? "stale" : model::FormatNumber(cursor.value());
  }
  return out;
}

TEST(SeriesValues, ExpandEveryForm) {
  const std::pair<const char*, const char*> table[] = {
      {"", ""},
      {" \n\t", ""},
      {"1", "1"},
      {"1 -2 +3", "1 -2 3"},
      {"1x2", "1 1 1"},
      {"1x0", "1"},
      {"1+2x3", "1 3 5 7"},
      {"-1-1x2", "-1 -2 -3"},
      {"1+-1x2", "error: column 1: \"1+-1x2\" is no sample; write 1, 1x3, 1+2x3, 1-2x3, _, _x3 or stale"},
      {"1e2-1e1x2", "100 90 80"},
      {"1e+2 1E-2 .5 5. 1.5e1+1x1", "100 0.01 0.5 5 15 16"},
      {"0x3", "0 0 0 0"},
      {"_", "_"},
      {"_x3 1", "_ _ _ 1"},
      {"_x0 1", "1"},
      {"stale 1 stale", "stale 1 stale"},
      {"Inf -inf NaN +Inf", "+Inf -Inf NaN +Inf"},
      {"0+0.1x3", "0 0.1 0.2 0.30000000000000004"},
      {"1\n2\t3", "1 2 3"},
  };
  for (const auto& [text, want] : table) EXPECT_EQ(Samples(text), want) << text;
}

TEST(SeriesValues, RefuseWhatIsNoSampleWithItsColumn) {
  for (const char* text : {"a",
                           "1 y",
                           "x3",
                           "1x",
                           "1xx3",
                           "1x-1",
                           "1x1.5",
                           "1+2",
                           "1+x2",
                           "_3",
                           "__",
                           "_x",
                           "stalex2",
                           "STALE",
                           "1,2",
                           "1 2 3xa",
                           "1x18446744073709551615",
                           "1x99999999999999999999",
                           "\xff",
                           "1\x01"}) {
    EXPECT_THAT(Samples(text), HasSubstr("error: column ")) << text;
  }
  EXPECT_THAT(Samples("1  2 oops"), HasSubstr("column 6: \"oops\""));
  EXPECT_EQ(Samples("1 {{schema:1 sum:2}}"),
            "error: column 3: native histograms are not supported, only floats");
}

TEST(SeriesValues, ARepetitionCostsNothingUntilItIsRead) {
  EXPECT_EQ(Samples("1+1x1000000000000 2").substr(0, 7), "1 2 3 4");
  EXPECT_EQ(Samples("_x18446744073709551614").substr(0, 3), "_ _");
}

TEST(SeriesValues, ALongTextIsReadInOneGo) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "1 ";
  EXPECT_EQ(ParseSeriesValues(text)->size(), 100'000u);
}

}  // namespace
}  // namespace belfry::unittest
