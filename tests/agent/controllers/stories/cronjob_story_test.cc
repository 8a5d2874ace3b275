// CronJobs over hours and days, with Jobs, pods and a runtime, on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <set>

#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using api::CronJob;
using api::Job;
using testing::AgentWorld;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::SimpleContainer;

Instant At(const std::string& text) { return *ParseRfc3339(text); }

CronJob SimpleCronJob(const std::string& name, const std::string& schedule,
                      const std::function<void(api::CronJobSpec&)>& change = {}) {
  CronJob cronjob;
  cronjob.metadata.name = name;
  cronjob.metadata.ns = "default";
  cronjob.spec.schedule = schedule;
  cronjob.spec.time_zone = "UTC";
  cronjob.spec.concurrency_policy = "Allow";
  cronjob.spec.suspend = false;
  cronjob.spec.successful_jobs_history_limit = 3;
  cronjob.spec.failed_jobs_history_limit = 1;
  cronjob.spec.job_template.spec = testing::SimpleJob("template").spec;
  cronjob.spec.job_template.spec.backoff_limit = 1;
  if (change) change(cronjob.spec);
  return cronjob;
}

// The slot of `<cronjob>-<unix minutes>-<random>`.
int64_t SlotMinuteOf(const std::string& pod) {
  const size_t end = pod.rfind('-');
  const size_t begin = pod.rfind('-', end - 1) + 1;
  int64_t minute = 0;
  std::from_chars(pod.data() + begin, pod.data() + end, minute);
  return minute;
}

// Of seven runs one overlaps two slots of five minutes, of five one fails, and its retry too; ends differ
// from slots' ends by a second so that no order of events at one instant is asked for.
runtime::Script MixedScript(const runtime::ContainerStart& start) {
  const int64_t slot = SlotMinuteOf(start.pod) / 5;
  runtime::Script script;
  script.duration = slot % 7 == 3 ? seconds(12 * 60 + 1) : seconds(41);
  script.exit_code = slot % 5 == 2 ? 1 : 0;
  script.term_delay = seconds(3);
  return script;
}

std::string TextOf(const std::optional<Instant>& t) { return t ? FormatRfc3339(*t) : "-"; }

// All that must not depend on when the agent died: statuses without uids, Jobs by name, how often each ran.
std::string EndState(AgentWorld& world) {
  std::string text;
  for (const auto& cronjob : world.store().List<CronJob>()) {
    text += cronjob->metadata.name + " last " + TextOf(cronjob->status.last_schedule_time) + " successful " +
            TextOf(cronjob->status.last_successful_time) + " accounted " +
            TextOf(cronjob->status.accounted_until);
    for (const auto& active : cronjob->status.active) text += " active " + active.name;
    text += "\n";
  }
  for (const auto& job : world.store().List<Job>()) {
    text += job->metadata.name + " " + std::to_string(job->status.succeeded) + "/" +
            std::to_string(job->status.failed);
    for (const auto& condition : job->status.conditions) text += " " + condition.type;
    text += "\n";
  }
  std::map<std::string, int> runs;
  for (const auto& start : world.runtime().starts()) ++runs[start.pod.substr(0, start.pod.rfind('-'))];
  for (const auto& [job, count] : runs) text += job + " ran " + std::to_string(count) + "\n";
  return text;
}

class PolicyStory : public ::testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<AgentWorld> NewWorld(const std::string& start) {
    auto world = std::make_unique<AgentWorld>(MixedScript, At(start));
    world->Create(SimpleCronJob("etl", "*/5 * * * *",
                                [](api::CronJobSpec& spec) { spec.concurrency_policy = GetParam(); }));
    return world;
  }
};

// Every place at which an agent can die, one after the other, in four slots: a run that overlaps the two
// after it, one of those, a run that fails and is retried, and one more. A longer time would meet no other
// place: between slots the store holds nothing but finished Jobs and a status that names the newest slot, so
// each slot begins as the one seven (runs that overlap) times five (runs that fail) before it; the day below
// meets every such pair with a death in it.
TEST_P(PolicyStory, DeathBeforeAnyActionLeavesTheSameEnd) {
  constexpr const char* kStart = "2026-01-01T00:14:30Z";
  constexpr Duration kTime = minutes(17);
  const auto calm = NewWorld(kStart);
  const uint64_t first = calm->actions();
  calm->Run(kTime);
  const std::string expected = EndState(*calm);
  const uint64_t actions = calm->actions() - first;
  EXPECT_GT(actions, 40U);
  for (uint64_t n = 1; n <= actions; ++n) {
    const auto world = NewWorld(kStart);
    world->DieBefore(n);
    world->Run(kTime);
    ASSERT_EQ(world->deaths(), 1U) << n;
    ASSERT_EQ(EndState(*world), expected) << "died before action " << n;
  }
}

// The agent dies again and again, each time one action later after its start than the time before.
void ExpectDeathsToChangeNothing(const std::function<std::unique_ptr<AgentWorld>()>& make, Duration time) {
  const auto calm = make();
  calm->Run(time);
  const auto world = make();
  const Instant end = world->now() + time;
  for (uint64_t n = 1; world->now() < end; n = n % 40 + 1) {
    world->DieBefore(n);
    world->Run(std::min<Duration>(minutes(5), end - world->now()));
  }
  EXPECT_GT(world->deaths(), static_cast<uint64_t>(time / minutes(10)));
  EXPECT_EQ(EndState(*world), EndState(*calm));
}

TEST_P(PolicyStory, FourHoursOfDeathsEqualCalmOnes) {
  ExpectDeathsToChangeNothing([] { return NewWorld("2026-01-01T00:00:30Z"); }, hours(4));
}

TEST(CronJobStory, DayOfDeathsEqualsACalmDay) {
  ExpectDeathsToChangeNothing(
      [] {
        auto world = std::make_unique<AgentWorld>(MixedScript, At("2026-01-01T00:00:30Z"));
        world->Create(SimpleCronJob("etl", "*/5 * * * *",
                                    [](api::CronJobSpec& spec) { spec.concurrency_policy = "Forbid"; }));
        return world;
      },
      hours(24));
}

INSTANTIATE_TEST_SUITE_P(Policies, PolicyStory, ::testing::Values("Allow", "Forbid", "Replace"),
                         [](const auto& info) { return std::string(info.param); });

runtime::FakeRuntime::Scripts Lasting(Duration duration) {
  return [=](const runtime::ContainerStart&) { return runtime::Script{.duration = duration}; };
}

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
          "(nobody looked before the next one was due)"));
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

// Fifty CronJobs of one second, and a death before some action of that second: each runs once.
TEST(CronJobStory, DeathAmongManyDueInOneSecondStartsEachOnce) {
  const auto make = [] {
    auto world = std::make_unique<AgentWorld>(Lasting(seconds(5)), At("2026-01-01T00:59:30Z"));
    for (int i = 0; i < 50; ++i) world->Create(SimpleCronJob("etl-" + std::to_string(i), "0 * * * *"));
    return world;
  };
  const auto calm = make();
  const uint64_t first = calm->actions();
  calm->Run(minutes(2));
  const uint64_t actions = calm->actions() - first;
  ASSERT_EQ(calm->runtime().starts().size(), 50U);
  for (uint64_t n = 1; n <= actions; n += 67) {
    const auto world = make();
    world->DieBefore(n);
    world->Run(minutes(2));
    ASSERT_EQ(world->deaths(), 1U) << n;
    ASSERT_EQ(world->runtime().starts().size(), 50U) << "died before action " << n;
    ASSERT_EQ(EndState(*world), EndState(*calm)) << "died before action " << n;
  }
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
