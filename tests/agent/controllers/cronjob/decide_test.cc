#include "agent/controllers/cronjob/decide.h"

#include "agent/controllers/cronjob/options.h"
#include "tests/agent/controllers/cronjob/decide_fixture.h"

namespace belfry::controllers {
namespace {

// --- C4, C6: the slot and its Job ---

TEST_F(DecideTest, StartsTheSlotThatIsDue) {
  const auto decision = Decide("2026-01-01T01:00:00.004Z");
  EXPECT_EQ(Created(decision), "etl-29453820");
  EXPECT_EQ(decision.status.last_schedule_time, At("2026-01-01T01:00:00Z"));
  EXPECT_EQ(decision.look, (Look{.at = At("2026-01-01T02:00:00Z")}));
  EXPECT_EQ(decision.slots,
            Records({SlotStarted{At("2026-01-01T01:00:00Z"), "etl-29453820", milliseconds(4)}}));
  EXPECT_TRUE(decision.events.empty());
}

TEST_F(DecideTest, WaitsForTheFirstSlot) {
  const auto decision = Decide("2026-01-01T00:59:59.999999999Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(decision.status, cronjob_.status);
  EXPECT_EQ(decision.look, (Look{.at = At("2026-01-01T01:00:00Z")}));
}

TEST_F(DecideTest, StartsASlotOnce) {
  LastSlot("2026-01-01T01:00:00Z");
  for (const char* now : {"2026-01-01T01:00:00Z", "2026-01-01T01:00:30Z", "2026-01-01T01:59:59Z"}) {
    const auto decision = Decide(now);
    EXPECT_EQ(Created(decision), "") << now;
    EXPECT_EQ(decision.look.at, At("2026-01-01T02:00:00Z")) << now;
  }
}

// Trap 13: lastScheduleTime is the slot, the name comes from the slot's minutes, the annotation has the
// zone's offset.
TEST_F(DecideTest, Trap13NameAnnotationAndStatusComeFromTheSlotNotFromNow) {
  cronjob_.spec.schedule = "0 8 * * *";
  SetZone("Asia/Shanghai");
  // The slot of the first day is the moment of the creation, which is not after it.
  EXPECT_EQ(Created(Decide("2026-01-01T00:12:34Z")), "");
  const auto next = Decide("2026-01-02T00:12:34Z");
  ASSERT_TRUE(next.create);
  EXPECT_EQ(next.create->metadata.name, "etl-29455200");
  EXPECT_EQ(next.create->metadata.annotations.at("batch.kubernetes.io/cronjob-scheduled-timestamp"),
            "2026-01-02T08:00:00+08:00");
  EXPECT_EQ(next.status.last_schedule_time, At("2026-01-02T00:00:00Z"));
}

TEST_F(DecideTest, JobIsStampedFromTheTemplate) {
  auto& pattern = cronjob_.spec.job_template;
  pattern.metadata.name = "ignored";
  pattern.metadata.finalizers = {"ignored.io/x"};
  pattern.metadata.labels = {{"app", "etl"}};
  pattern.metadata.annotations = {{"note", "x"}};
  pattern.spec.backoff_limit = 2;
  cronjob_.kept = {{"spec.jobTemplate.spec.template.spec.priorityClassName", "\"high\""},
                   {"spec.jobTemplate.metadata.clusterName", "\"c\""},
                   {"metadata.managedFields", "[]"}};
  const auto job = Decide("2026-01-01T01:00:00Z").create;
  ASSERT_TRUE(job);
  EXPECT_EQ(job->metadata.ns, "default");
  EXPECT_EQ(job->metadata.labels, (api::StringMap{{"app", "etl"}}));
  EXPECT_EQ(job->metadata.annotations,
            (api::StringMap{{"note", "x"},
                            {"batch.kubernetes.io/cronjob-scheduled-timestamp", "2026-01-01T01:00:00Z"}}));
  EXPECT_TRUE(job->metadata.finalizers.empty());
  EXPECT_EQ(job->metadata.owner_references, EtlJob("x").metadata.owner_references);
  EXPECT_EQ(job->spec.backoff_limit, 2);
  EXPECT_EQ(job->kept, (api::Kept{{"spec.template.spec.priorityClassName", "\"high\""}}));
}

TEST_F(DecideTest, JobWithoutLabelsTakesThoseOfItsPods) {
  cronjob_.spec.job_template.spec.pod_template.metadata.labels = {{"app", "pod"}};
  EXPECT_EQ(Decide("2026-01-01T01:00:00Z").create->metadata.labels, (api::StringMap{{"app", "pod"}}));
}

TEST_F(DecideTest, OnlyTheNewestMissedSlotIsStarted) {
  LastSlot("2026-01-01T01:00:00Z");
  const auto decision = Decide("2026-01-01T05:30:00Z");
  EXPECT_EQ(decision.status.last_schedule_time, At("2026-01-01T05:00:00Z"));
  EXPECT_EQ(decision.slots, Records({SlotsMissed{At("2026-01-01T04:00:00Z"), 3, MissReason::kAgentDown},
                                     SlotStarted{At("2026-01-01T05:00:00Z"), "etl-29454060", minutes(30)}}));
  ASSERT_EQ(decision.events.size(), 2U);
  EXPECT_EQ(decision.events[1],
            (EventNote{api::EventType::kNormal, "LateStart",
                       "Job etl-29454060 of Thu, 01 Jan 2026 05:00:00 +0000 starts 30m late"}));
  EXPECT_EQ(decision.events[0], (EventNote{api::EventType::kWarning, "MissSchedule",
                                           "Missed scheduled time to start a job: Thu, 01 Jan 2026 04:00:00 "
                                           "+0000 and 2 earlier (not started "
                                           "before the next one was due)"}));
}

// Trap 12: more than a hundred missed slots warn, and the newest is started all the same.
TEST_F(DecideTest, Trap12TooManyMissedTimesWarnsAndStillRuns) {
  cronjob_.spec.schedule = "* * * * *";
  const auto hundred = Decide("2026-01-01T01:40:00Z");
  EXPECT_EQ(Reasons(hundred.events), Strings({"MissSchedule"}));
  const auto decision = Decide("2026-01-01T01:41:00Z");
  EXPECT_EQ(decision.status.last_schedule_time, At("2026-01-01T01:41:00Z"));
  EXPECT_EQ(
      decision.events.back(),
      (EventNote{
          api::EventType::kWarning, "TooManyMissedTimes",
          "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"}));
}

// Trap 12: upstream misses deadlines silently; we say so, once.
TEST_F(DecideTest, Trap12MissedDeadlineIsSaidOnce) {
  cronjob_.spec.starting_deadline_seconds = 300;
  const auto decision = Decide("2026-01-01T01:05:00Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(
      decision.events,
      std::vector<EventNote>({{api::EventType::kWarning, "MissSchedule",
                               "Missed scheduled time to start a job: Thu, 01 Jan 2026 01:00:00 +0000"}}));
  EXPECT_EQ(decision.slots, Records({SlotsMissed{At("2026-01-01T01:00:00Z"), 1, MissReason::kDeadline}}));
  EXPECT_EQ(decision.status.last_schedule_time, std::nullopt);
  cronjob_.status = decision.status;
  const auto again = Decide("2026-01-01T01:06:00Z");
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.slots.empty());
  EXPECT_EQ(again.status, cronjob_.status);
}

TEST_F(DecideTest, Trap12DeadlineZeroNeverRuns) {
  cronjob_.spec.starting_deadline_seconds = 0;
  const auto decision = Decide("2026-01-01T01:00:00Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(Reasons(decision.events), Strings({"MissSchedule"}));
}

TEST_F(DecideTest, Trap12WindowsEndIsExclusive) {
  cronjob_.spec.starting_deadline_seconds = 300;
  EXPECT_EQ(Created(Decide("2026-01-01T01:04:59.999Z")), "etl-29453820");
  EXPECT_EQ(Created(Decide("2026-01-01T01:05:00Z")), "");
}

TEST_F(DecideTest, Trap11SteppedDayFieldMakesDaysAlternatives) {
  cronjob_.spec.schedule = "0 0 */2 * 1";
  LastSlot("2026-01-03T00:00:00Z");
  EXPECT_EQ(Decide("2026-01-03T12:00:00Z").look.at, At("2026-01-05T00:00:00Z"));  // a Monday and an odd day
  LastSlot("2026-01-11T00:00:00Z");
  EXPECT_EQ(Decide("2026-01-11T12:00:00Z").look.at, At("2026-01-12T00:00:00Z"));  // a Monday, even
}

TEST_F(DecideTest, EachSlotOfAMinuteHasItsOwnName) {
  cronjob_.spec.schedule = "@every 30s";
  LastSlot("2026-01-01T01:00:00Z");
  AddJob(EtlJob("etl-1767229200", JobEnd::kComplete));
  const auto decision = Decide("2026-01-01T01:00:30Z");
  EXPECT_EQ(Created(decision), "etl-1767229230");
  EXPECT_EQ(decision.look.at, At("2026-01-01T01:01:00Z"));
  cronjob_.spec.schedule = "@every 1m";
  EXPECT_EQ(Created(Decide("2026-01-01T01:01:00Z")), "etl-29453821") << "upstream's name where it suffices";
}

TEST_F(DecideTest, OwnJobOfTheSlotsNameIsTakenAsItsRun) {
  AddJob(EtlJob("etl-29453820"));
  const auto decision = Decide("2026-01-01T01:00:00Z");
  EXPECT_EQ(Created(decision), "");
  ASSERT_EQ(decision.status.active.size(), 1U);
  EXPECT_EQ(decision.status.active[0].uid, "uid-of-etl-29453820");
  EXPECT_EQ(decision.status.last_schedule_time, At("2026-01-01T01:00:00Z"));
}

// --- C3.4 to C3.6: what stops a pass ---

TEST_F(DecideTest, BeingDeletedOnlyCleansUp) {
  cronjob_.metadata.deletion_timestamp = At("2026-01-01T00:30:00Z");
  AddActive("etl-29453820", JobEnd::kComplete);
  const auto decision = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(decision.look, Look{});
  EXPECT_TRUE(decision.status.active.empty());
}

TEST_F(DecideTest, UnknownZoneStopsThePass) {
  SetZone("Mars/Olympus");
  const auto decision = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(decision.look, Look{});
  EXPECT_EQ(decision.events,
            std::vector<EventNote>({{api::EventType::kWarning, "UnknownTimeZone",
                                     "invalid timeZone: \"Mars/Olympus\": unknown time zone Mars/Olympus"}}));
}

struct ScheduleCase {
  std::string schedule;
  EventNote note;
  bool creates;
};

class Schedules : public DecideTest, public ::testing::WithParamInterface<ScheduleCase> {};

TEST_P(Schedules, AreReported) {
  cronjob_.spec.schedule = GetParam().schedule;
  const auto decision = Decide("2026-01-02T00:30:00Z");
  ASSERT_FALSE(decision.events.empty());
  EXPECT_EQ(decision.events.front(), GetParam().note);
  EXPECT_EQ(decision.create.has_value(), GetParam().creates);
  EXPECT_EQ(decision.look.at.has_value(), GetParam().creates);
}

INSTANTIATE_TEST_SUITE_P(
    PartC3, Schedules,
    testing::Values(
        ScheduleCase{"0 0 * * 7",
                     {api::EventType::kWarning, "UnparseableSchedule",
                      "unparseable schedule: \"0 0 * * 7\" : end of range (7) above maximum (6): 7"},
                     false},
        ScheduleCase{
            "0 0 30 2 *",
            {api::EventType::kWarning, "InvalidSchedule",
             "invalid schedule: 0 0 30 2 * : time difference between two schedules is less than 1 second"},
            false},
        ScheduleCase{
            "TZ=UTC 0 0 * * *",
            {api::EventType::kWarning, "UnsupportedSchedule",
             "CRON_TZ or TZ used in schedule \"TZ=UTC 0 0 * * *\" is not officially supported, see "
             "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"},
            true}));

TEST_F(DecideTest, ZoneInScheduleAndFieldIsUnparseable) {
  cronjob_.spec.schedule = "TZ=UTC 0 0 * * *";
  SetZone("Asia/Tokyo");
  const auto decision = Decide("2026-01-02T00:30:00Z");
  EXPECT_EQ(Reasons(decision.events), Strings({"UnparseableSchedule"}));
}

TEST(ZoneNameOf, PrefersTheField) {
  api::CronJobSpec spec;
  spec.schedule = "0 0 * * *";
  EXPECT_EQ(ZoneNameOf(spec), "");
  spec.schedule = "CRON_TZ=Asia/Tokyo 0 0 * * *";
  EXPECT_EQ(ZoneNameOf(spec), "Asia/Tokyo");
  spec.time_zone = "Europe/Berlin";
  EXPECT_EQ(ZoneNameOf(spec), "Europe/Berlin");
}

// --- C7: suspend ---

TEST_F(DecideTest, SuspendedStartsNothingAndCountsWhatPasses) {
  cronjob_.spec.suspend = true;
  LastSlot("2026-01-01T01:00:00Z");
  const auto first = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(Created(first), "");
  EXPECT_TRUE(first.slots.empty());  // on resuming it would still be started
  const auto later = Decide("2026-01-01T04:00:00Z");
  EXPECT_EQ(Created(later), "");
  EXPECT_EQ(later.slots, Records({SlotsMissed{At("2026-01-01T03:00:00Z"), 2, MissReason::kSuspended}}));
  EXPECT_TRUE(later.events.empty());
  EXPECT_EQ(later.look.at, At("2026-01-01T05:00:00Z"));
}

TEST_F(DecideTest, SuspendedSlotIsLostAtItsDeadline) {
  cronjob_.spec.suspend = true;
  cronjob_.spec.starting_deadline_seconds = 600;
  EXPECT_EQ(Decide("2026-01-01T01:00:00Z").look.at, At("2026-01-01T01:10:00Z"));
  EXPECT_EQ(Decide("2026-01-01T01:10:00Z").slots,
            Records({SlotsMissed{At("2026-01-01T01:00:00Z"), 1, MissReason::kSuspended}}));
}

TEST_F(DecideTest, ResumeStartsTheNewestMissedSlotAtOnce) {
  cronjob_.status.accounted_until = At("2026-01-01T03:00:00Z");
  LastSlot("2026-01-01T01:00:00Z");
  const auto decision = Decide("2026-01-01T04:30:00Z");
  EXPECT_EQ(decision.slots, Records({SlotStarted{At("2026-01-01T04:00:00Z"), "etl-29454000", minutes(30)}}));
  EXPECT_EQ(decision.status.accounted_until, std::nullopt);
}

TEST_F(DecideTest, SuspendedIsNotJudged) {
  cronjob_.spec.suspend = true;
  cronjob_.spec.schedule = "never";
  EXPECT_TRUE(Decide("2026-01-01T02:00:00Z").events.empty());
}

// Trap 21: after an edit a slot of the new schedule between the last start and now starts at once; older ones
// are nobody's loss.
TEST_F(DecideTest, Trap21ChangingTheScheduleMayStartAJobAtOnce) {
  LastSlot("2026-01-01T01:00:00Z");
  cronjob_.spec.schedule = "*/10 * * * *";
  observed_.edited_at = At("2026-01-01T01:45:00Z");
  const auto decision = Decide("2026-01-01T01:45:00Z");
  EXPECT_EQ(decision.slots, Records({SlotStarted{At("2026-01-01T01:40:00Z"), "etl-29453860", minutes(5)}}));
  EXPECT_EQ(Reasons(decision.events), Strings({"LateStart"}));
}

// --- Clocks ---

TEST_F(DecideTest, SlotsThatTheClockJumpedOverAreToldFromOutages) {
  LastSlot("2026-01-01T01:00:00Z");
  observed_.clock_jump = ClockJump{At("2026-01-01T01:10:00Z"), At("2026-01-04T01:10:00Z")};
  const auto decision = Decide("2026-01-04T01:10:00Z");
  EXPECT_EQ(decision.slots, Records({SlotsMissed{At("2026-01-04T00:00:00Z"), 71, MissReason::kClock},
                                     SlotStarted{At("2026-01-04T01:00:00Z"), "etl-29458140", minutes(10)}}));
}

TEST_F(DecideTest, ClockSetBackRepeatsNothing) {
  LastSlot("2026-01-01T10:00:00Z");
  const auto decision = Decide("2026-01-01T09:00:30Z");
  EXPECT_EQ(Created(decision), "");
  EXPECT_EQ(decision.look.at, At("2026-01-01T11:00:00Z"));
}

// --- Products ---

// Whatever the policy, the clock and the object's past: deciding again on the outcome changes nothing and
// starts nothing.
TEST(DecideCronJob, IsIdempotent) {
  for (const char* schedule :
       {"*/5 * * * *", "0 3 * * 1", "@every 90s", "@every 20s", "0 0 30 2 *", "30 2 * * *", "x"}) {
    for (const char* policy : {"Allow", "Forbid", "Replace"}) {
      for (const std::optional<int64_t> deadline : {std::optional<int64_t>(), {0}, {30}, {100'000}}) {
        for (const bool suspend : {false, true}) {
          for (const int minutes_passed : {0, 1, 7, 600, 100'000}) {
            api::CronJob cronjob = EtlCronJob(schedule);
            cronjob.spec.concurrency_policy = policy;
            cronjob.spec.starting_deadline_seconds = deadline;
            cronjob.spec.suspend = suspend;
            const Instant now = *cronjob.metadata.creation_timestamp + minutes(minutes_passed);
            CronJobObserved observed;
            const auto first = DecideCronJob(cronjob, observed, now);
            cronjob.status = first.status;
            if (first.create) {
              MakeActive(cronjob, first.create->metadata.name);
              observed.jobs = {Shared(EtlJob(first.create->metadata.name))};
            }
            const auto second = DecideCronJob(cronjob, observed, now);
            SCOPED_TRACE(std::string(schedule) + " " + policy + " after " + std::to_string(minutes_passed));
            EXPECT_FALSE(second.create);
            EXPECT_TRUE(second.deletions.empty());
            EXPECT_EQ(second.status, cronjob.status);
            EXPECT_FALSE(suspend && first.create);
            EXPECT_FALSE(deadline == 0 && first.create);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace belfry::controllers
