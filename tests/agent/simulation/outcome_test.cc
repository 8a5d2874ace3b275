#include "agent/simulation/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ReadOutcomes, TakesListsOfBoth) {
  const auto cycle = ReadOutcomes({{"belfry.io/simulated-duration", "90s, 1h30m,forever,0"},
                                   {"belfry.io/simulated-exit-codes", "0, 255"}});
  ASSERT_TRUE(cycle.ok()) << cycle.error().message;
  EXPECT_THAT(cycle->durations, ElementsAre(seconds(90), minutes(90), kForEver, Duration(0)));
  EXPECT_THAT(cycle->exit_codes, ElementsAre(0, 255));
}

TEST(ReadOutcomes, LeavesOpenWhatIsNotSaid) {
  const auto cycle = ReadOutcomes({{"other", "x"}});
  ASSERT_TRUE(cycle.ok());
  EXPECT_EQ(*cycle, OutcomeCycle());
}

TEST(ReadOutcomes, RefusesWhatIsNoOutcome) {
  for (const char* text : {"", "20x", "1m,,2m", "-1s", "900000h", "1m;2m"}) {
    const auto cycle = ReadOutcomes({{"belfry.io/simulated-duration", text}});
    ASSERT_FALSE(cycle.ok()) << text;
    EXPECT_THAT(cycle.error().message, HasSubstr("annotation belfry.io/simulated-duration: \""));
  }
  for (const char* text : {"", "x", "256", "-1", "0,", "1.5", "99999999999999999999"}) {
    const auto cycle = ReadOutcomes({{"belfry.io/simulated-exit-codes", text}});
    ASSERT_FALSE(cycle.ok()) << text;
    EXPECT_THAT(cycle.error().message, HasSubstr("is not an exit code from 0 to 255"));
  }
}

TEST(ReadHistory, HeaderBlanksAndLineEndsAreFree) {
  for (const char* text : {"etl,1200,0\netl,30.5,3\n", "cronjob,seconds,exit_code\netl,1200,0\n\netl,30.5,3",
                           "\xEF\xBB\xBF"
                           "cronjob,seconds,exit_code\r\n etl , 1200 , 0 \r\n\r\netl,30.5,3\r\n"}) {
    const auto history = ReadHistory("runs.csv", text);
    ASSERT_TRUE(history.ok()) << history.error().message;
    ASSERT_THAT(*history, SizeIs(1));
    EXPECT_THAT(history->at("etl").durations, ElementsAre(seconds(1200), milliseconds(30500)));
    EXPECT_THAT(history->at("etl").exit_codes, ElementsAre(0, 3));
  }
}

TEST(ReadHistory, EmptyTextIsNoHistory) {
  for (const char* text : {"", "\n\n", "cronjob,seconds,exit_code\n"}) {
    const auto history = ReadHistory("runs.csv", text);
    ASSERT_TRUE(history.ok());
    EXPECT_THAT(*history, SizeIs(0));
  }
}

struct BadLine {
  const char* text;
  const char* error;
};

TEST(ReadHistory, NamesLineAndColumnOfEachMistake) {
  const BadLine kLines[] = {
      {"etl,1200", "runs.csv:1:1: expected cronjob,seconds,exit_code, found 2 fields"},
      {"etl,1,0\netl,1,0,0", "runs.csv:2:1: expected cronjob,seconds,exit_code, found 4 fields"},
      {"etl,20m,0", "runs.csv:1:5: \"20m\" is not a number of seconds"},
      {"etl,  -3,0", "runs.csv:1:7: \"-3\" is not a number of seconds"},
      {"etl,nan,0", "runs.csv:1:5: \"nan\" is not a number of seconds"},
      {"etl,1e300,0", "runs.csv:1:5: \"1e300\" is not a number of seconds"},
      {"etl,10,", "runs.csv:1:8: \"\" is not an exit code from 0 to 255"},
      {"etl,10,256", "runs.csv:1:8: \"256\" is not an exit code from 0 to 255"},
      {",10,0", "runs.csv:1:1: the name of a CronJob is missing"},
      {"etl,x,0\nok,1,0\netl,1,y",
       "runs.csv:1:5: \"x\" is not a number of seconds\nruns.csv:3:7: \"y\" is not an exit code from 0 to "
       "255"},
  };
  for (const BadLine& line : kLines) {
    const auto history = ReadHistory("runs.csv", line.text);
    ASSERT_FALSE(history.ok()) << line.text;
    EXPECT_EQ(history.error().message, line.error);
  }
}

TEST(ReadHistory, ManyMistakesAndBinaryTextStayShort) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::string("\0\xff,\x01,", 5) + "\n";
  const auto history = ReadHistory("runs.csv", text);
  ASSERT_FALSE(history.ok());
  EXPECT_LT(history.error().message.size(), 4000U);
  EXPECT_THAT(history.error().message, HasSubstr("and 99980 more"));
}

}  // namespace
}  // namespace belfry::simulation
