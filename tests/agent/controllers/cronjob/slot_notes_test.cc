#include "agent/controllers/cronjob/options.h"
#include "tests/agent/controllers/cronjob/decide_fixture.h"

namespace belfry::controllers {
namespace {

// --- Belfry's annotations ---

TEST_F(DecideTest, JitterDelaysEverySlotByTheSameTime) {
  cronjob_.metadata.annotations["belfry.io/jitter"] = "30m";
  const Duration offset = JitterOf(cronjob_.metadata, minutes(30));
  ASSERT_GT(offset, Duration(0));
  const Instant slot = At("2026-01-01T01:00:00Z");
  const auto early = DecideCronJob(cronjob_, observed_, slot + offset - Duration(1));
  EXPECT_EQ(Created(early), "");
  EXPECT_EQ(early.look.at, slot + offset);
  const auto decision = DecideCronJob(cronjob_, observed_, slot + offset);
  EXPECT_EQ(Created(decision), "etl-29453820");
  EXPECT_EQ(decision.status.last_schedule_time, slot);
  EXPECT_EQ(decision.look.at, slot + hours(1) + offset);
}

TEST_F(DecideTest, JitterDoesNotEatTheDeadline) {
  cronjob_.metadata.annotations["belfry.io/jitter"] = "30m";
  cronjob_.spec.starting_deadline_seconds = 10;
  const Instant start = At("2026-01-01T01:00:00Z") + JitterOf(cronjob_.metadata, minutes(30));
  EXPECT_TRUE(DecideCronJob(cronjob_, observed_, start + seconds(9)).create);
  EXPECT_FALSE(DecideCronJob(cronjob_, observed_, start + seconds(10)).create);
}

TEST_F(DecideTest, CatchUpAllStartsEachMissedSlotOldestFirst) {
  cronjob_.metadata.annotations["belfry.io/catch-up"] = "all";
  LastSlot("2026-01-01T01:00:00Z");
  Strings created;
  for (int i = 0; i < 5; ++i) {
    const auto decision = Decide("2026-01-01T05:30:00Z");
    created.push_back(Created(decision));
    cronjob_.status = decision.status;
    EXPECT_EQ(decision.look.again, i < 3) << i;
  }
  EXPECT_EQ(created, Strings({"etl-29453880", "etl-29453940", "etl-29454000", "etl-29454060", ""}));
}

TEST_F(DecideTest, CatchUpAllStopsAtItsLimit) {
  cronjob_.metadata.annotations = {{"belfry.io/catch-up", "all"}, {"belfry.io/catch-up-limit", "2"}};
  LastSlot("2026-01-01T01:00:00Z");
  const auto decision = Decide("2026-01-01T05:30:00Z");
  EXPECT_EQ(decision.slots, Records({SlotsMissed{At("2026-01-01T03:00:00Z"), 2, MissReason::kAgentDown},
                                     SlotStarted{At("2026-01-01T04:00:00Z"), "etl-29454000", minutes(90)}}));
  EXPECT_TRUE(decision.look.again);
}

TEST_F(DecideTest, CatchUpNoneLeavesLateSlotsAlone) {
  cronjob_.metadata.annotations["belfry.io/catch-up"] = "none";
  EXPECT_EQ(Created(Decide("2026-01-01T01:00:59Z")), "etl-29453820");
  const auto late = Decide("2026-01-01T01:01:00Z");
  EXPECT_EQ(Created(late), "");
  EXPECT_EQ(late.slots, Records({SlotsMissed{At("2026-01-01T01:00:00Z"), 1, MissReason::kDeadline}}));
}

TEST_F(DecideTest, DstAnnotationRunsTheSkippedHourOnce) {
  cronjob_.spec.schedule = "30 2 * * *";
  SetZone("Europe/Berlin");
  LastSlot("2026-03-28T01:30:00Z");
  EXPECT_EQ(Created(Decide("2026-03-29T01:00:00Z")), "");
  cronjob_.metadata.annotations["belfry.io/dst"] = "vixie";
  const auto decision = Decide("2026-03-29T01:00:00Z");
  EXPECT_EQ(decision.status.last_schedule_time, At("2026-03-29T01:00:00Z"));
}

// --- What happened to a slot is said: late, doubled, skipped ---

TEST_F(DecideTest, AStartAMinuteLateIsSaid) {
  EXPECT_TRUE(Decide("2026-01-01T01:00:59.999Z").events.empty());
  EXPECT_EQ(Reasons(Decide("2026-01-01T01:01:00Z").events), Strings({"LateStart"}));
}

TEST_F(DecideTest, JitterIsNotLateness) {
  cronjob_.metadata.annotations["belfry.io/jitter"] = "30m";
  const Instant start = At("2026-01-01T01:00:00Z") + JitterOf(cronjob_.metadata, minutes(30));
  EXPECT_TRUE(DecideCronJob(cronjob_, observed_, start).events.empty());
}

TEST_F(DecideTest, TheSecondRunOfARepeatedHourIsSaid) {
  cronjob_.spec.schedule = "30 2 * * *";
  SetZone("Europe/Berlin");
  LastSlot("2026-10-24T00:30:00Z");
  const auto first = Decide("2026-10-25T00:30:00Z");
  EXPECT_TRUE(first.create);
  EXPECT_TRUE(first.events.empty());
  LastSlot("2026-10-25T00:30:00Z");
  const auto second = Decide("2026-10-25T01:30:00Z");
  EXPECT_TRUE(second.create);
  EXPECT_EQ(second.events,
            std::vector<EventNote>({{api::EventType::kNormal, "RepeatedSchedule",
                                     "The clock was set back: job etl-29881530 of Sun, 25 Oct 2026 02:30:00 "
                                     "+0100 is the second run of that time of day"}}));
}

TEST_F(DecideTest, ATimeThatTheClockSkipsIsSaidAtOnceAndOnce) {
  cronjob_.spec.schedule = "30 2 * * *";
  SetZone("Europe/Berlin");
  LastSlot("2026-03-28T01:30:00Z");
  EXPECT_EQ(Decide("2026-03-28T12:00:00Z").look.at, At("2026-03-29T01:00:00Z"));  // the clock change
  const auto decision = Decide("2026-03-29T01:00:00Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(decision.slots, Records({SlotsMissed{At("2026-03-29T01:00:00Z"), 1, MissReason::kClock}}));
  EXPECT_EQ(
      decision.events,
      std::vector<EventNote>({{api::EventType::kWarning, "SkippedSchedule",
                               "The clock was set forward to Sun, 29 Mar 2026 03:00:00 +0200 and skipped a "
                               "scheduled time"}}));
  EXPECT_EQ(decision.look.at, At("2026-03-30T00:30:00Z"));
  cronjob_.status = decision.status;
  for (const char* now : {"2026-03-29T01:00:00Z", "2026-03-29T12:00:00Z"}) {
    EXPECT_TRUE(Decide(now).slots.empty()) << now;
  }
  EXPECT_EQ(Decide("2026-03-30T00:30:00Z").slots.size(), 1U);  // the next day's run
}

TEST_F(DecideTest, SchedulesOfEveryHourAndVixiesRuleSkipNothing) {
  SetZone("Europe/Berlin");
  LastSlot("2026-03-29T00:30:00Z");
  cronjob_.spec.schedule = "30 * * * *";
  EXPECT_TRUE(Decide("2026-03-29T01:00:00Z").slots.empty());
  cronjob_.spec.schedule = "30 2 * * *";
  cronjob_.spec.suspend = true;
  EXPECT_TRUE(Decide("2026-03-29T01:00:00Z").slots.empty());
}

// Trap 22: what was left out is there as Kubernetes fills it in. (The API's side: manifest's DefaultsTest.)
TEST_F(DecideTest, Trap22AbsentHistoryLimitsKeepEverything) {
  cronjob_.spec.successful_jobs_history_limit.reset();
  cronjob_.spec.failed_jobs_history_limit.reset();
  for (int i = 0; i < 9; ++i) AddJob(EtlJob("old-" + std::to_string(i), JobEnd::kComplete));
  EXPECT_TRUE(Decide("2026-01-01T00:30:00Z").deletions.empty());
}

}  // namespace
}  // namespace belfry::controllers
