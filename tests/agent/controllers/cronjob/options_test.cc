#include "agent/controllers/cronjob/options.h"

#include <gtest/gtest.h>

namespace belfry::controllers {
namespace {

CronJobOptions Read(const api::StringMap& annotations, std::vector<EventNote>& notes) {
  api::ObjectMeta meta;
  meta.ns = "default";
  meta.name = "etl";
  meta.annotations = annotations;
  return ReadOptions(meta, notes);
}

TEST(ReadOptions, AreKubernetesWithoutAnnotations) {
  std::vector<EventNote> notes;
  EXPECT_EQ(Read({{"other", "x"}}, notes), CronJobOptions{});
  EXPECT_TRUE(notes.empty());
}

TEST(ReadOptions, TakesWhatAnnotationsSay) {
  std::vector<EventNote> notes;
  const CronJobOptions options = Read({{"belfry.io/dst", "vixie"},
                                       {"belfry.io/catch-up", "all"},
                                       {"belfry.io/catch-up-limit", "25"},
                                       {"belfry.io/jitter", "30s"}},
                                      notes);
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(options.clock_change, cron::ClockChange::kVixie);
  EXPECT_EQ(options.catch_up, CatchUp::kAll);
  EXPECT_EQ(options.catch_up_limit, 25);
  EXPECT_GE(options.start_delay, Duration(0));
  EXPECT_LT(options.start_delay, seconds(30));
}

TEST(ReadOptions, WarnsOfWhatItCannotRead) {
  std::vector<EventNote> notes;
  EXPECT_EQ(Read({{"belfry.io/dst", "local"},
                  {"belfry.io/catch-up", ""},
                  {"belfry.io/catch-up-limit", "0"},
                  {"belfry.io/jitter", "-5s"}},
                 notes),
            CronJobOptions{});
  ASSERT_EQ(notes.size(), 4U);
  EXPECT_EQ(notes[0],
            (EventNote{api::EventType::kWarning, "InvalidAnnotation",
                       "annotation belfry.io/dst is ignored: \"local\" is not kubernetes or vixie"}));
  for (const char* limit : {"", "x", "1.5", "1001", "-1", "99999999999999999999"}) {
    notes.clear();
    Read({{"belfry.io/catch-up-limit", limit}}, notes);
    EXPECT_EQ(notes.size(), 1U) << limit;
  }
  for (const char* jitter : {"", "soon", "25h", "5"}) {
    notes.clear();
    Read({{"belfry.io/jitter", jitter}}, notes);
    EXPECT_EQ(notes.size(), 1U) << jitter;
  }
}

TEST(JitterOf, DependsOnTheNameAloneAndSpreads) {
  constexpr int kNames = 1000;
  int low_half = 0;
  for (int i = 0; i < kNames; ++i) {
    api::ObjectMeta meta;
    meta.ns = "default";
    meta.name = "etl-" + std::to_string(i);
    const Duration offset = JitterOf(meta, seconds(60));
    meta.uid = "another";
    EXPECT_EQ(JitterOf(meta, seconds(60)), offset);
    EXPECT_LT(offset, seconds(60));
    low_half += offset < seconds(30) ? 1 : 0;
  }
  EXPECT_NEAR(low_half, kNames / 2, kNames / 10);
  EXPECT_EQ(JitterOf({}, Duration(0)), Duration(0));
}

}  // namespace
}  // namespace belfry::controllers
