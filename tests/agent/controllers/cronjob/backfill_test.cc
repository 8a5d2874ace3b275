#include "agent/controllers/cronjob/backfill.h"

#include <gmock/gmock.h>

#include "agent/controllers/cronjob/options.h"
#include "tests/agent/controllers/cronjob/fixture.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Slots(const api::CronJob& cronjob, const std::string& from, const std::string& to,
                               const std::string& zone = "UTC") {
  const auto jobs = BackfillJobs(cronjob, *cron::LoadZone(zone), At(from), At(to));
  EXPECT_TRUE(jobs.ok());
  std::vector<std::string> slots;
  for (const api::Job& job : *jobs)
    slots.push_back(job.metadata.annotations.at(std::string(api::kScheduledTimestampAnnotation)));
  return slots;
}

TEST(BackfillJobs, BothEndsBelongToIt) {
  EXPECT_THAT(Slots(EtlCronJob("0 * * * *"), "2026-01-01T01:00:00Z", "2026-01-01T03:00:00Z"),
              ElementsAre("2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z"));
}

TEST(BackfillJobs, HaveTheSlotsNameOwnerAndMark) {
  const auto jobs = BackfillJobs(EtlCronJob("0 * * * *"), cron::Zone(), At("2026-01-01T01:00:00Z"),
                                 At("2026-01-01T01:00:00Z"));
  ASSERT_EQ(jobs->size(), 1U);
  const api::Job& job = jobs->front();
  EXPECT_EQ(job.metadata.name, "etl-29453820");  // as the schedule would have named it
  EXPECT_EQ(api::ControllerOf(job.metadata)->uid, "uid-of-etl");
  EXPECT_TRUE(IsBackfill(job));
}

TEST(BackfillJobs, FollowTheZoneAndTheClockChangeRule) {
  api::CronJob cronjob = EtlCronJob("30 2 * * *");
  EXPECT_THAT(Slots(cronjob, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", "Europe/Berlin"),
              ElementsAre("2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00"));
  cronjob.metadata.annotations = {{std::string(kDstAnnotation), "vixie"}};
  EXPECT_THAT(
      Slots(cronjob, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", "Europe/Berlin"),
      ElementsAre("2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"));
}

TEST(BackfillJobs, IntervalsKeepTheirPhase) {
  api::CronJob cronjob = EtlCronJob("@every 1h");
  cronjob.status.last_schedule_time = At("2026-01-05T10:07:00Z");
  EXPECT_THAT(Slots(cronjob, "2026-01-05T08:00:00Z", "2026-01-05T10:30:00Z"),
              ElementsAre("2026-01-05T08:07:00Z", "2026-01-05T09:07:00Z", "2026-01-05T10:07:00Z"));
  EXPECT_THAT(Slots(cronjob, "2026-01-05T11:00:00Z", "2026-01-05T12:30:00Z"),
              ElementsAre("2026-01-05T11:07:00Z", "2026-01-05T12:07:00Z"));
}

TEST(BackfillJobs, SlotsWithinAMinuteAreJobsOfTheirOwn) {
  EXPECT_EQ(Slots(EtlCronJob("@every 10s"), "2026-01-05T08:00:00Z", "2026-01-05T08:02:59Z").size(), 18U);
}

TEST(BackfillJobs, TooManyAreRefused) {
  const auto jobs = BackfillJobs(EtlCronJob("* * * * *"), cron::Zone(), At("2025-01-01T00:00:00Z"),
                                 At("2026-01-01T00:00:00Z"));
  EXPECT_EQ(jobs.error(), (Error{Code::kTooLarge, "more than 10000 slots; name a shorter time"}));
  EXPECT_FALSE(
      BackfillJobs(EtlCronJob("bad"), cron::Zone(), At("2025-01-01T00:00:00Z"), At("2026-01-01T00:00:00Z"))
          .ok());
}

TEST(ManualJob, IsKubectls) {
  api::CronJob cronjob = EtlCronJob("0 * * * *");
  cronjob.spec.job_template.metadata.labels = {{"app", "etl"}};
  cronjob.spec.job_template.metadata.annotations = {{"note", "x"}};
  const api::Job job = ManualJob(cronjob, "by-hand");
  EXPECT_EQ(job.metadata.name, "by-hand");
  EXPECT_EQ(job.metadata.labels, (api::StringMap{{"app", "etl"}}));
  EXPECT_EQ(job.metadata.annotations,
            (api::StringMap{{"note", "x"}, {"cronjob.kubernetes.io/instantiate", "manual"}}));
  EXPECT_EQ(api::ControllerOf(job.metadata)->name, "etl");
}

// A running agent and somebody who asks it for past slots as the command does.
class BackfillStory : public ::testing::Test {
 protected:
  void Begin(const std::string& policy) {
    api::CronJob cronjob = EtlCronJob("*/10 * * * *");
    cronjob.spec.concurrency_policy = policy;
    cronjob.spec.successful_jobs_history_limit = 100;
    cronjob.spec.job_template.spec = testing::SimpleJob("template").spec;
    world_.Create(std::move(cronjob));
    jobs_ = *BackfillJobs(*world_.Get<api::CronJob>("etl"), cron::Zone(), At("2025-12-31T20:00:00Z"),
                          At("2025-12-31T20:40:00Z"));
  }
  // Creates what is admitted, in order; returns how many are left.
  size_t Ask() {
    while (!jobs_.empty()) {
      const auto job = std::make_shared<const api::Job>(jobs_.front());
      if (!AdmitBackfill(world_.store(), job).ok()) break;
      EXPECT_TRUE(world_.store().Create(jobs_.front()).ok());
      jobs_.erase(jobs_.begin());
      world_.Settle();
    }
    return jobs_.size();
  }
  size_t MostAtOnce(Duration time) {
    size_t most = 0;
    for (const Instant end = world_.now() + time; world_.now() < end;) {
      Ask();
      world_.Run(seconds(1));
      most = std::max(most, world_.runtime().running());
    }
    return most;
  }

  testing::AgentWorld world_{
      [](const runtime::ContainerStart&) { return runtime::Script{.duration = minutes(3)}; },
      At("2026-01-01T00:00:30Z")};
  std::vector<api::Job> jobs_;
};

TEST_F(BackfillStory, AllowStartsAllAtOnce) {
  Begin("Allow");
  EXPECT_EQ(Ask(), 0U);
  world_.Run(seconds(1));
  EXPECT_EQ(world_.runtime().running(), 5U);
  EXPECT_EQ(world_.Get<api::CronJob>("etl")->status.active.size(), 5U);
  world_.Run(minutes(5));
  EXPECT_EQ(world_.Get<api::CronJob>("etl")->status.last_schedule_time, std::nullopt);
}

TEST_F(BackfillStory, ForbidRunsOneAfterTheOtherAndScheduledSlotsAmongThem) {
  Begin("Forbid");
  EXPECT_EQ(MostAtOnce(minutes(31)), 1U);
  EXPECT_TRUE(jobs_.empty());
  // Five on request; those of 00:10, 00:20 and 00:30, none of them lost.
  EXPECT_EQ(world_.runtime().starts().size(), 8U);
}

TEST_F(BackfillStory, ReplaceNeverRunsTwo) {
  Begin("Replace");
  EXPECT_EQ(MostAtOnce(minutes(31)), 1U);
  EXPECT_TRUE(jobs_.empty());
}

TEST_F(BackfillStory, IsExpectedAndKeepsTheScheduleTime) {
  Begin("Allow");
  Ask();
  world_.Run(minutes(5));
  for (const std::string& event : world_.EventsOf("etl")) {
    EXPECT_TRUE(event.starts_with("SawCompletedJob")) << event;
  }
}

}  // namespace
}  // namespace belfry::controllers
