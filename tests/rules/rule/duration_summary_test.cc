#include "rules/rule/duration_summary.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace belfry::rule {
namespace {

constexpr std::array kQuantiles = {0.01, 0.5, 0.9, 1.0};

TEST(DurationSummary, HasNoQuantilesBeforeTheFirstObservation) {
  const SummaryValue value = DurationSummary().Read(kQuantiles, seconds(1));
  EXPECT_EQ(value.count, 0u);
  EXPECT_EQ(value.sum, 0);
  ASSERT_EQ(value.quantiles.size(), 4u);
  for (const auto& [q, v] : value.quantiles) EXPECT_TRUE(std::isnan(v)) << q;
}

TEST(DurationSummary, TellsQuantilesSumAndCount) {
  DurationSummary summary;
  for (int i = 100; i >= 1; --i) summary.Observe(seconds(i), seconds(100 - i));
  const SummaryValue value = summary.Read(kQuantiles, seconds(100));
  EXPECT_EQ(value.count, 100u);
  EXPECT_EQ(value.sum, 5050);
  EXPECT_EQ(value.quantiles,
            (std::vector<std::pair<double, double>>{{0.01, 1}, {0.5, 50}, {0.9, 90}, {1.0, 100}}));
}

TEST(DurationSummary, ForgetsInTheQuantilesWhatIsTenMinutesOld) {
  DurationSummary summary;
  summary.Observe(seconds(100), seconds(0));
  summary.Observe(seconds(2), minutes(10));
  EXPECT_EQ(summary.Read(kQuantiles, minutes(10)).quantiles.back().second, 100);
  EXPECT_EQ(summary.Read(kQuantiles, minutes(10) + seconds(1)).quantiles.back().second, 2);
  const SummaryValue late = summary.Read(kQuantiles, minutes(30));
  EXPECT_TRUE(std::isnan(late.quantiles.back().second));
  EXPECT_EQ(late.count, 2u);
  EXPECT_EQ(late.sum, 102);
}

TEST(DurationSummary, KeepsABoundedNumberOfObservations) {
  DurationSummary summary;
  for (int i = 0; i < 20'000; ++i) summary.Observe(milliseconds(i), seconds(0));
  const SummaryValue value = summary.Read(kQuantiles, seconds(0));
  EXPECT_EQ(value.count, 20'000u);
  EXPECT_EQ(value.quantiles.back().second, 19.999);
  EXPECT_NEAR(value.quantiles.front().second, 20 - 4.096, 0.1) << "the oldest give way";
}

}  // namespace
}  // namespace belfry::rule
