#include "exporters/cronjob/counters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace belfry::cronjob {
namespace {

Counters Example() {
  Counters counters;
  Tally& tally = counters.tallies[{"batch", "nightly"}];
  tally.Count({.succeeded = true,
               .finished = FromUnixSeconds(1000),
               .duration = 3.5,
               .exit_code = 0,
               .job_uid = "u1"});
  tally.Count({.succeeded = false,
               .finished = FromUnixSeconds(2000) + milliseconds(7),
               .duration = 700,
               .exit_code = 3,
               .job_uid = "u2"});
  tally.delay.Observe(0.25, ShortBounds());
  tally.missed = {1, 2, 3, 4, 5};
  counters.tallies[{"", "odd name%\n"}].Count(
      {.succeeded = false, .finished = FromUnixSeconds(1), .job_uid = "-"});
  counters.tallies[{"batch", "new"}];
  counters.jobs = {
      {"u1", {.finish = true, .delay = true}}, {"u2", {.finish = true}}, {"u3", {.delay = true}}};
  return counters;
}

TEST(Counters, ReadBackAsWritten) {
  const auto read = DecodeCounters(EncodeCounters(Example()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, Example());
  const auto empty = DecodeCounters(EncodeCounters({}));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(*empty, Counters{});
}

TEST(Counters, AreTheDocumentedText) {
  Counters counters;
  Tally& tally = counters.tallies[{"batch", "nightly"}];
  tally.Count(
      {.succeeded = false, .finished = FromUnixSeconds(5), .duration = 3, .exit_code = 2, .job_uid = "u1"});
  tally.missed[1] = 9;
  counters.jobs["u1"] = {.finish = true};
  EXPECT_EQ(EncodeCounters(counters),
            "belfry-cronjob-counters 1\n"
            "cronjob batch nightly 0 1 1 0 9 0 0 0\n"
            "last batch nightly u1 failed 5000000000 3 2\n"
            "duration batch nightly 3 0 0 1 0 0 0 0 0 0 0 0\n"
            "run batch nightly 3 0 0 0 1 0 0 0 0 0 0 0 0 0 0\n"
            "job u1 f\n"
            "end\n");
}

TEST(Counters, ATornFileIsRefusedAtEveryLength) {
  const std::string whole = EncodeCounters(Example());
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto read = DecodeCounters(whole.substr(0, length));
    ASSERT_FALSE(read.ok()) << length;
    EXPECT_EQ(read.error().code, Code::kInvalid);
  }
}

TEST(Counters, BadTextIsRefusedWithItsLine) {
  const std::string head = "belfry-cronjob-counters 1\n";
  struct BadCase {
    std::string text;
    Code code;
    std::string message;
  };
  const BadCase cases[] = {
      {"", Code::kInvalid, "line 1: the end is missing"},
      {"hello\nend\n", Code::kInvalid, "line 1: not a file of CronJob counters"},
      {std::string("\x00\xff\n", 3), Code::kInvalid, "line 1: not a file of CronJob counters"},
      {"belfry-cronjob-counters\nend\n", Code::kInvalid, "line 1: no version"},
      {"belfry-cronjob-counters x\nend\n", Code::kInvalid, "line 1: no version"},
      {"belfry-cronjob-counters 2\nend\n", Code::kUnsupported, "line 1: version 2 is not 1"},
      {head + "new x\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "cronjob a b 1 2 3\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "cronjob a b 1 -2 0 0 0 0 0 0\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "cronjob a b 1 2 0 0 0 0 0 0 0\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "job %Z f\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "job %4\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "duration a b nan 0 0 0 0 0 0 0 0 0 0 0\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "last a b u maybe 5 - -\nend\n", Code::kInvalid, "line 2: cannot be read"},
      {head + "end\nmore\n", Code::kInvalid, "line 3: text after the end"},
  };
  for (const auto& [text, code, message] : cases) {
    const auto read = DecodeCounters(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, code) << text;
    EXPECT_EQ(read.error().message, message) << text;
  }
}

TEST(Tally, BucketsAreThoseOfTheDocumentedFamilies) {
  EXPECT_EQ(std::vector<double>(ShortBounds().begin(), ShortBounds().end()),
            (std::vector<double>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}));
  EXPECT_EQ(LongBounds().size(), 13U);
  EXPECT_EQ(LongBounds().front(), 0.1);
  EXPECT_EQ(LongBounds().back(), 86400);
}

TEST(Tally, AnObservationBelongsToTheFirstBucketThatHoldsIt) {
  Buckets buckets;
  for (const double value : {0.0, 1.0, 1.1, 512.0, 513.0, -5.0}) buckets.Observe(value, ShortBounds());
  buckets.Observe(std::numeric_limits<double>::quiet_NaN(), ShortBounds());
  EXPECT_EQ(buckets.counts, (std::vector<uint64_t>{3, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1}));
  EXPECT_DOUBLE_EQ(buckets.sum, 0 + 1 + 1.1 + 512 + 513);
  EXPECT_EQ(buckets.count(), 6U);
}

TEST(Tally, CountsFailuresInARow) {
  Tally tally;
  const auto run = [&](bool succeeded, int at) {
    tally.Count({.succeeded = succeeded, .finished = FromUnixSeconds(at), .job_uid = std::to_string(at)});
  };
  run(false, 1);
  run(false, 2);
  EXPECT_EQ(tally.consecutive_failures, 2U);
  run(true, 3);
  EXPECT_EQ(tally.consecutive_failures, 0U);
  run(false, 5);
  run(true, 4);  // an older one that is seen late
  EXPECT_EQ(tally.consecutive_failures, 1U);
  EXPECT_EQ(tally.last->job_uid, "5");
  EXPECT_EQ(tally.succeeded, 2U);
  EXPECT_EQ(tally.failed, 3U);
}

}  // namespace
}  // namespace belfry::cronjob
