// CronJobs over hours and days, with Jobs, pods and a runtime, on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/agent/controllers/stories/cronjobs.h"

namespace belfry::controllers {
namespace {

using api::CronJob;
using api::Job;
using testing::AgentWorld;
using testing::At;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Lasting;
using testing::SimpleCronJob;

std::vector<std::string> JobNames(AgentWorld& world) {
  std::vector<std::string> names;
  for (const auto& job : world.store().List<Job>()) names.push_back(job->metadata.name);
  return names;
}

std::map<MissReason, int64_t> Missed(const AgentWorld& world) {
  std::map<MissReason, int64_t> counts;
  for (const auto& slot : world.slots()) {
    if (const auto* missed = std::get_if<SlotsMissed>(&slot.record)) counts[missed->reason] += missed->count;
  }
  return counts;
}

TEST(CronJobStory, HourlyJobRunsEveryHourAndKeepsThree) {
  AgentWorld world(Lasting(seconds(30)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 * * * *"));
  world.Run(hours(6));
  EXPECT_EQ(world.runtime().starts().size(), 6U);
  // 04:00, 05:00 and 06:00.
  EXPECT_THAT(JobNames(world), ElementsAre("etl-29454000", "etl-29454060", "etl-29454120"));
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_successful_time, At("2026-01-01T06:00:30Z"));
}

TEST(CronJobStory, StartsAtTheSlotToTheNanosecond) {
  AgentWorld world(Lasting(seconds(1)), At("2026-01-01T00:00:30.123456789Z"));
  world.Create(SimpleCronJob("etl", "* * * * *"));
  world.Run(minutes(10));
  for (const auto& slot : world.slots()) EXPECT_EQ(std::get<SlotStarted>(slot.record).delay, Duration(0));
  EXPECT_EQ(world.slots().size(), 10U);
}

TEST(CronJobStory, AgentDownOverSlotsStartsTheNewestOnce) {
  AgentWorld world(Lasting(seconds(30)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 * * * *"));
  world.Run(minutes(90));
  world.Stop();
  world.loop().AdvanceTo(At("2026-01-01T05:30:00Z"));
  world.Restart();
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, At("2026-01-01T05:00:00Z"));
  EXPECT_EQ(world.runtime().starts().size(), 2U);
  EXPECT_EQ(Missed(world), (std::map<MissReason, int64_t>{{MissReason::kAgentDown, 3}}));
  EXPECT_THAT(
      world.EventsOf("etl"),
      Contains(
          "MissSchedule: Missed scheduled time to start a job: Thu, 01 Jan 2026 04:00:00 +0000 and 2 earlier "
          "(not started before the next one was due)"));
}

TEST(CronJobStory, AgentDownLongerThanTheDeadlineStartsNothing) {
  AgentWorld world(Lasting(seconds(30)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 * * * *",
                             [](api::CronJobSpec& spec) { spec.starting_deadline_seconds = 300; }));
  world.Run(minutes(90));
  world.Stop();
  world.loop().AdvanceTo(At("2026-01-01T05:30:00Z"));
  world.Restart();
  world.Run(minutes(29));
  EXPECT_EQ(world.runtime().starts().size(), 1U);
  EXPECT_EQ(Missed(world), (std::map<MissReason, int64_t>{{MissReason::kDeadline, 4}}));
  world.Kill();  // what was said once is not said again by the next agent
  world.Run(minutes(10));
  EXPECT_EQ(Missed(world), (std::map<MissReason, int64_t>{{MissReason::kDeadline, 4}}));
  EXPECT_EQ(world.runtime().starts().size(), 2U);
}

TEST(CronJobStory, ClockSetBackAnHourRunsNoSlotTwice) {
  AgentWorld world(Lasting(seconds(30)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "*/10 * * * *"));
  world.Run(minutes(125));
  const size_t before = world.runtime().starts().size();
  world.loop().JumpClock(-hours(1));
  world.Run(minutes(60));
  EXPECT_EQ(world.runtime().starts().size(), before);
  world.Run(minutes(10));
  EXPECT_EQ(world.runtime().starts().size(), before + 1);
}

TEST(CronJobStory, ClockSetForwardThreeDaysStartsTheNewestAtOnce) {
  AgentWorld world(Lasting(seconds(30)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 * * * *"));
  world.Run(minutes(90));
  world.loop().JumpClock(hours(72));
  world.Settle();
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, At("2026-01-04T01:00:00Z"));
  EXPECT_EQ(world.runtime().starts().size(), 2U);
  EXPECT_EQ(Missed(world), (std::map<MissReason, int64_t>{{MissReason::kClock, 71}}));
}

TEST(CronJobStory, ThousandDueInOneSecondStartEachOnce) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  for (int i = 0; i < 1000; ++i) world.Create(SimpleCronJob("etl-" + std::to_string(i), "0 * * * *"));
  world.Run(minutes(60));
  EXPECT_EQ(world.runtime().starts().size(), 1000U);
  std::set<std::string> cronjobs;
  for (const auto& slot : world.slots()) {
    const auto& started = std::get<SlotStarted>(slot.record);
    EXPECT_EQ(started.delay, Duration(0));
    cronjobs.insert(slot.cronjob);
  }
  EXPECT_EQ(cronjobs.size(), 1000U);
  EXPECT_EQ(world.slots().size(), 1000U);
}

TEST(CronJobStory, ZoneEditedWhileRunningMovesTheNextSlot) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 8 * * *"));
  world.Run(hours(9));
  ASSERT_EQ(world.runtime().starts().size(), 1U);  // 08:00 UTC
  world.Change<CronJob>("etl", [](CronJob& cronjob) { cronjob.spec.time_zone = "America/New_York"; });
  world.Run(hours(4) - minutes(1));
  EXPECT_EQ(world.runtime().starts().size(), 1U);
  world.Run(minutes(1));  // 13:00 UTC is 08:00 there
  EXPECT_EQ(world.runtime().starts().size(), 2U);
}

TEST(CronJobStory, SuspendAndResume) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 * * * *"));
  world.Run(minutes(90));
  world.Change<CronJob>("etl", [](CronJob& cronjob) { cronjob.spec.suspend = true; });
  world.Run(hours(3));
  EXPECT_EQ(world.runtime().starts().size(), 1U);
  world.Change<CronJob>("etl", [](CronJob& cronjob) { cronjob.spec.suspend = false; });
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().starts().size(), 2U);
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, At("2026-01-01T04:00:00Z"));
  EXPECT_EQ(Missed(world), (std::map<MissReason, int64_t>{{MissReason::kSuspended, 2}}));
}

TEST(CronJobStory, ForbidSkipsWhileActiveAndStartsTheHeldSlotAtTheEnd) {
  AgentWorld world(Lasting(minutes(12)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "*/5 * * * *",
                             [](api::CronJobSpec& spec) { spec.concurrency_policy = "Forbid"; }));
  world.Run(minutes(30));
  std::vector<std::string> told;
  for (const auto& slot : world.slots()) {
    if (const auto* started = std::get_if<SlotStarted>(&slot.record)) {
      told.push_back(FormatRfc3339(started->slot).substr(11, 5) + " +" + FormatDuration(started->delay));
    }
  }
  EXPECT_THAT(told, ElementsAre("00:05 +0s", "00:15 +2m", "00:25 +4m"));
  EXPECT_EQ(Missed(world),
            (std::map<MissReason, int64_t>{{MissReason::kConcurrency, 2}}));  // 00:10 and 00:20
}

TEST(CronJobStory, ReplaceStopsTheOldRunAndStartsTheNewOneInTheSameSecond) {
  AgentWorld world(
      [](const runtime::ContainerStart&) {
        return runtime::Script{.duration = hours(9), .term_delay = seconds(20)};
      },
      At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "*/5 * * * *",
                             [](api::CronJobSpec& spec) { spec.concurrency_policy = "Replace"; }));
  world.Run(minutes(5));
  world.Run(minutes(5));
  EXPECT_EQ(world.runtime().starts().size(), 2U);
  EXPECT_EQ(JobNames(world), std::vector<std::string>({"etl-29453770"}));
  EXPECT_EQ(world.runtime().running(), 1U);  // 30 s later the old process is gone, too
}

TEST(CronJobStory, DeletingTheCronJobEndsItsJobs) {
  AgentWorld world(Lasting(hours(2)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "*/5 * * * *"));
  world.Run(minutes(11));
  ASSERT_EQ(world.runtime().running(), 2U);
  world.Delete(api::Kind::kCronJob, "etl");
  world.Run(hours(1));
  EXPECT_EQ(world.runtime().running(), 0U);
  EXPECT_TRUE(JobNames(world).empty());
  EXPECT_EQ(world.runtime().starts().size(), 2U);
}

TEST(CronJobStory, ForeignJobOfTheSlotsNameIsLeftAloneAndReported) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  world.Create(testing::SimpleJob("etl-29453765"));
  world.Create(SimpleCronJob("etl", "*/5 * * * *"));
  world.Run(minutes(7));
  EXPECT_THAT(world.EventsOf("etl"),
              Contains("FailedCreate: Error creating job: create job default/etl-29453765: an object "
                       "of that name already exists"));
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, std::nullopt);
  world.Run(minutes(5));
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, At("2026-01-01T00:10:00Z"));
}

TEST(CronJobStory, AJobThatTheServerWouldRefuseIsNotCreatedAndReported) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  CronJob cronjob = SimpleCronJob("etl", "*/5 * * * *");
  cronjob.spec.job_template.spec.pod_template.metadata.labels = {{"job-name", "x"}};
  world.Create(cronjob);
  world.Run(minutes(7));
  EXPECT_TRUE(JobNames(world).empty());
  EXPECT_THAT(
      world.EventsOf("etl"),
      Contains("FailedCreate: Error creating job: Job.batch \"etl-29453765\" is invalid: "
               "spec.template.metadata.labels[job-name]: Invalid value: {\"job-name\":\"x\"}: must be "
               "'etl-29453765'"));
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, std::nullopt);
  world.Run(minutes(10));  // a slot is lost once the next one is due
  int64_t lost = 0;
  for (const auto& slot : world.slots()) lost += std::get<SlotsMissed>(slot.record).count;
  EXPECT_EQ(lost, 2);
  world.Change<CronJob>(
      "etl", [](CronJob& changed) { changed.spec.job_template.spec.pod_template.metadata.labels.clear(); });
  EXPECT_THAT(JobNames(world), ElementsAre("etl-29453775"));
}

TEST(CronJobStory, ForeignJobOfTheOldestSlotToCatchUpDoesNotSpin) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  CronJob cronjob = SimpleCronJob("etl", "*/5 * * * *");
  cronjob.metadata.annotations["belfry.io/catch-up"] = "all";
  world.Create(cronjob);
  world.Create(testing::SimpleJob("etl-29453765"));
  world.Stop();
  world.loop().Advance(minutes(12));
  world.Restart();
  world.Run(seconds(1));
  uint64_t reconciles = 0;
  for (const auto& stats : world.manager().Stats()) reconciles += stats.reconciles;
  EXPECT_LT(reconciles, 30U);
}

TEST(CronJobStory, FullDiskStartsNothingTwice) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "*/5 * * * *"));
  world.journal().FailWith(Error{Code::kResourceExhausted, "disk full"});
  world.Run(minutes(7));
  EXPECT_TRUE(world.runtime().starts().empty());
  EXPECT_TRUE(world.slots().empty());
  world.journal().FailWith(std::nullopt);
  world.Run(minutes(2));
  EXPECT_EQ(world.runtime().starts().size(), 1U);
  EXPECT_EQ(world.Get<CronJob>("etl")->status.last_schedule_time, At("2026-01-01T00:05:00Z"));
  EXPECT_EQ(world.slots().size(), 1U);
}

TEST(CronJobStory, ATimeThatTheClockSkipsIsTold) {
  AgentWorld world(Lasting(seconds(30)), At("2026-03-27T00:00:00Z"));
  world.Create(
      SimpleCronJob("etl", "30 2 * * *", [](api::CronJobSpec& spec) { spec.time_zone = "Europe/Berlin"; }));
  world.Run(At("2026-03-29T01:00:01Z") - world.now());
  EXPECT_EQ(Missed(world), (std::map<MissReason, int64_t>{{MissReason::kClock, 1}}));
  EXPECT_THAT(world.EventsOf("etl"),
              Contains("SkippedSchedule: The clock was set forward to Sun, 29 Mar 2026 03:00:00 +0200 and "
                       "skipped a scheduled time"));
}

TEST(CronJobStory, BrokenScheduleSaysSoAndRunsOnceMended) {
  AgentWorld world(Lasting(seconds(5)), At("2026-01-01T00:00:30Z"));
  world.Create(SimpleCronJob("etl", "0 0 * * 7"));
  world.Run(minutes(30));
  EXPECT_THAT(world.EventsOf("etl"), ElementsAre("UnparseableSchedule: unparseable schedule: \"0 0 * * 7\" : "
                                                 "end of range (7) above maximum (6): 7"));
  world.Change<CronJob>("etl", [](CronJob& cronjob) { cronjob.spec.schedule = "*/5 * * * *"; });
  world.Run(minutes(5));
  EXPECT_GE(world.runtime().starts().size(), 1U);
}

}  // namespace
}  // namespace belfry::controllers
