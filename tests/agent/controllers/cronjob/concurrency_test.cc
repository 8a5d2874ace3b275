#include "agent/controllers/cronjob/options.h"
#include "tests/agent/controllers/cronjob/decide_fixture.h"

namespace belfry::controllers {
namespace {

api::Job EndedAt(const std::string& name, Instant end) {
  api::Job job = EtlJob(name, JobEnd::kComplete);
  job.status.conditions[0].last_transition_time = end;
  return job;
}
api::Job EndedAt(const std::string& name, const std::string& end) { return EndedAt(name, At(end)); }

// --- C5: concurrency ---

struct ConcurrencyCase {
  std::string policy;
  bool active;
  bool creates;
  size_t deletes;
  Strings events;
};

class Concurrency : public DecideTest, public ::testing::WithParamInterface<ConcurrencyCase> {};

TEST_P(Concurrency, Table) {
  const ConcurrencyCase& c = GetParam();
  cronjob_.spec.concurrency_policy = c.policy;
  LastSlot("2026-01-01T01:00:00Z");
  if (c.active) AddActive("etl-29453820");
  const auto decision = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(decision.create.has_value(), c.creates);
  EXPECT_EQ(decision.deletions.size(), c.deletes);
  EXPECT_EQ(Reasons(decision.events), c.events);
}

INSTANTIATE_TEST_SUITE_P(PartC5, Concurrency,
                         testing::Values(ConcurrencyCase{"Allow", false, true, 0, {}},
                                         ConcurrencyCase{"Allow", true, true, 0, {}},
                                         ConcurrencyCase{"Forbid", false, true, 0, {}},
                                         ConcurrencyCase{"Forbid", true, false, 0, {"JobAlreadyActive"}},
                                         ConcurrencyCase{"Replace", false, true, 0, {}},
                                         ConcurrencyCase{"Replace", true, true, 1, {}}));

TEST_F(DecideTest, ForbidLeavesTheScheduleTimeAndSaysWhy) {
  cronjob_.spec.concurrency_policy = "Forbid";
  LastSlot("2026-01-01T01:00:00Z");
  AddActive("etl-29453820");
  const auto decision = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(decision.status, cronjob_.status);
  EXPECT_EQ(decision.events,
            std::vector<EventNote>(
                {{api::EventType::kNormal, "JobAlreadyActive",
                  "Not starting job because prior execution is running and concurrency policy is Forbid"}}));
  EXPECT_EQ(decision.slots, Records({SlotHeld{At("2026-01-01T02:00:00Z")}}));
  EXPECT_EQ(decision.look.at, At("2026-01-01T03:00:00Z"));
}

// Trap 14: the slot that Forbid held starts the moment the running Job has ended.
TEST_F(DecideTest, Trap14ForbidSkippedSlotStartsWhenTheJobEnds) {
  cronjob_.spec.concurrency_policy = "Forbid";
  LastSlot("2026-01-01T01:00:00Z");
  AddActive("etl-29453820", JobEnd::kFailed);
  const auto decision = Decide("2026-01-01T02:20:00Z");
  EXPECT_EQ(decision.status.last_schedule_time, At("2026-01-01T02:00:00Z"));
  EXPECT_EQ(decision.slots, Records({SlotStarted{At("2026-01-01T02:00:00Z"), "etl-29453880", minutes(20)}}));
}

TEST_F(DecideTest, Trap14HeldSlotIsLostAtItsDeadlineOrToTheNext) {
  cronjob_.spec.concurrency_policy = "Forbid";
  cronjob_.spec.starting_deadline_seconds = 600;
  LastSlot("2026-01-01T01:00:00Z");
  AddActive("etl-29453820");
  EXPECT_EQ(Decide("2026-01-01T02:00:00Z").look.at, At("2026-01-01T02:10:00Z"));
  const Records lost = {SlotsMissed{At("2026-01-01T02:00:00Z"), 1, MissReason::kConcurrency}};
  EXPECT_EQ(Decide("2026-01-01T02:10:00Z").slots, lost);
  cronjob_.spec.starting_deadline_seconds.reset();
  const auto next = Decide("2026-01-01T03:00:00Z");
  EXPECT_EQ(next.slots, Records({lost[0], SlotHeld{At("2026-01-01T03:00:00Z")}}));
  EXPECT_EQ(next.status.accounted_until, At("2026-01-01T02:00:00Z"));
  cronjob_.status = next.status;
  EXPECT_EQ(Decide("2026-01-01T03:30:00Z").slots, Records({SlotHeld{At("2026-01-01T03:00:00Z")}}));
}

// The run ends with the slot that takes the held one's place, or with its deadline: nobody failed to look.
TEST_F(DecideTest, Trap14HeldSlotIsForbidsThoughTheRunHasJustEnded) {
  cronjob_.spec.concurrency_policy = "Forbid";
  LastSlot("2026-01-01T01:00:00Z");
  AddJob(EndedAt("etl-29453820", "2026-01-01T03:00:00Z"));
  MakeActive(cronjob_, "etl-29453820");
  const SlotsMissed lost{At("2026-01-01T02:00:00Z"), 1, MissReason::kConcurrency};
  const auto decision = Decide("2026-01-01T03:00:00Z");
  EXPECT_EQ(decision.slots,
            Records({lost, SlotStarted{At("2026-01-01T03:00:00Z"), "etl-29453940", Duration(0)}}));
  EXPECT_EQ(Reasons(decision.events), Strings({"SawCompletedJob"}));
  cronjob_.spec.starting_deadline_seconds = 3600;
  EXPECT_EQ(Decide("2026-01-01T03:00:00Z").slots, decision.slots);
}

// Slots that came due after the run's end were nobody's to hold.
TEST_F(DecideTest, Trap14OnlySlotsBeforeTheRunsEndAreForbids) {
  cronjob_.spec.concurrency_policy = "Forbid";
  LastSlot("2026-01-01T01:00:00Z");
  AddJob(EndedAt("etl-29453820", "2026-01-01T03:00:00Z"));
  MakeActive(cronjob_, "etl-29453820");
  const auto decision = Decide("2026-01-01T06:10:00Z");
  EXPECT_EQ(decision.slots, Records({SlotsMissed{At("2026-01-01T02:00:00Z"), 1, MissReason::kConcurrency},
                                     SlotsMissed{At("2026-01-01T05:00:00Z"), 3, MissReason::kAgentDown},
                                     SlotStarted{At("2026-01-01T06:00:00Z"), "etl-29454120", minutes(10)}}));
  EXPECT_EQ(
      decision.events[1].message,
      "Missed scheduled time to start a job: Thu, 01 Jan 2026 05:00:00 +0000 and 2 earlier (not started "
      "before the next one was due)");
}

TEST_F(DecideTest, Trap14HeldByAJobThatIsGoneWithTheNextSlot) {
  cronjob_.spec.concurrency_policy = "Forbid";
  LastSlot("2026-01-01T01:00:00Z");
  MakeActive(cronjob_, "etl-29453820");
  EXPECT_EQ(Decide("2026-01-01T03:00:00Z").slots.front(),
            SlotRecord(SlotsMissed{At("2026-01-01T02:00:00Z"), 1, MissReason::kConcurrency}));
}

// Allow and Replace hold nothing: what they lost, nobody looked at.
TEST_F(DecideTest, Trap14OtherPoliciesHoldNothing) {
  LastSlot("2026-01-01T01:00:00Z");
  AddJob(EndedAt("etl-29453820", "2026-01-01T03:00:00Z"));
  MakeActive(cronjob_, "etl-29453820");
  for (const char* policy : {"Allow", "Replace"}) {
    cronjob_.spec.concurrency_policy = policy;
    EXPECT_EQ(Decide("2026-01-01T03:00:00Z").slots.front(),
              SlotRecord(SlotsMissed{At("2026-01-01T02:00:00Z"), 1, MissReason::kAgentDown}))
        << policy;
  }
}

// With jitter a slot comes due later than its name says.
TEST_F(DecideTest, Trap14JitteredSlotsAreHeldWhenTheyComeDue) {
  cronjob_.spec.concurrency_policy = "Forbid";
  cronjob_.metadata.annotations["belfry.io/jitter"] = "30m";
  const Duration delay = JitterOf(cronjob_.metadata, minutes(30));
  LastSlot("2026-01-01T01:00:00Z");
  MakeActive(cronjob_, "etl-29453820");
  for (const bool held : {false, true}) {
    observed_.jobs = {Shared(EndedAt("etl-29453820", At("2026-01-01T02:00:00Z") + delay + Duration(held)))};
    EXPECT_EQ(DecideCronJob(cronjob_, observed_, At("2026-01-01T03:00:00Z") + delay).slots.front(),
              SlotRecord(SlotsMissed{At("2026-01-01T02:00:00Z"), 1,
                                     held ? MissReason::kConcurrency : MissReason::kAgentDown}));
  }
}

// Trap 5: a Job that is about to be Failed or Complete still has processes.
TEST_F(DecideTest, Trap5ForbidWaitsForRealDeath) {
  cronjob_.spec.concurrency_policy = "Forbid";
  LastSlot("2026-01-01T01:00:00Z");
  for (const auto interim : {api::kJobFailureTarget, api::kJobSuccessCriteriaMet}) {
    api::Job job = EtlJob("etl-29453820");
    job.status.conditions = {{.type = std::string(interim), .status = api::ConditionStatus::kTrue}};
    observed_.jobs = {Shared(job)};
    cronjob_.status.active.clear();
    MakeActive(cronjob_, "etl-29453820");
    EXPECT_EQ(Created(Decide("2026-01-01T02:00:00Z")), "") << interim;
  }
}

// Trap 15: Replace deletes and creates in one pass; neither Forbid nor Replace cares about Jobs made by hand.
TEST_F(DecideTest, Trap15ReplaceDoesNotWait) {
  cronjob_.spec.concurrency_policy = "Replace";
  LastSlot("2026-01-01T01:00:00Z");
  AddActive("etl-29453760");
  AddActive("etl-29453820");
  const auto decision = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(decision.deletions, std::vector<JobDeletion>({{"etl-29453760", "uid-of-etl-29453760"},
                                                          {"etl-29453820", "uid-of-etl-29453820"}}));
  EXPECT_EQ(Created(decision), "etl-29453880");
  EXPECT_TRUE(decision.status.active.empty());  // the new one's reference is the shell's to add
}

TEST_F(DecideTest, Trap15ManualJobsDoNotBlock) {
  LastSlot("2026-01-01T01:00:00Z");
  AddJob(EtlJob("by-hand"));
  for (const char* policy : {"Forbid", "Replace", "Allow"}) {
    cronjob_.spec.concurrency_policy = policy;
    const auto decision = Decide("2026-01-01T02:00:00Z");
    EXPECT_EQ(Created(decision), "etl-29453880") << policy;
    EXPECT_TRUE(decision.deletions.empty()) << policy;
    EXPECT_EQ(Reasons(decision.events), Strings({"UnexpectedJob"})) << policy;
  }
}

// --- C3.2, C3.3: status.active ---

TEST_F(DecideTest, FinishedJobsLeaveTheActiveList) {
  LastSlot("2026-01-01T01:00:00Z");
  api::Job good = EtlJob("good", JobEnd::kComplete);
  good.status.completion_time = At("2026-01-01T01:10:00Z");
  AddJob(good);
  MakeActive(cronjob_, "good");
  AddActive("bad", JobEnd::kFailed);
  AddActive("runs");
  const auto decision = Decide("2026-01-01T01:20:00Z");
  ASSERT_EQ(decision.status.active.size(), 1U);
  EXPECT_EQ(decision.status.active[0].name, "runs");
  EXPECT_EQ(decision.status.last_successful_time, At("2026-01-01T01:10:00Z"));
  EXPECT_EQ(decision.events,
            std::vector<EventNote>(
                {{api::EventType::kNormal, "SawCompletedJob", "Saw completed job: good, condition: Complete"},
                 {api::EventType::kNormal, "SawCompletedJob", "Saw completed job: bad, condition: Failed"}}));
}

TEST_F(DecideTest, LastSuccessfulTimeNeverMovesBack) {
  LastSlot("2026-01-01T01:00:00Z");
  cronjob_.status.last_successful_time = At("2026-01-01T01:30:00Z");
  api::Job older = EtlJob("older", JobEnd::kComplete);
  older.status.completion_time = At("2026-01-01T01:10:00Z");
  AddJob(older);
  EXPECT_EQ(Decide("2026-01-01T01:40:00Z").status.last_successful_time, At("2026-01-01T01:30:00Z"));
}

TEST_F(DecideTest, MissingAndUnexpectedJobsAreReported) {
  LastSlot("2026-01-01T01:00:00Z");
  MakeActive(cronjob_, "gone");
  AddJob(EtlJob("stranger"));
  const auto decision = Decide("2026-01-01T01:20:00Z");
  EXPECT_TRUE(decision.status.active.empty());
  EXPECT_EQ(decision.events, std::vector<EventNote>(
                                 {{api::EventType::kWarning, "UnexpectedJob",
                                   "Saw a job that the controller did not create or forgot: stranger"},
                                  {api::EventType::kNormal, "MissingJob", "Active job went missing: gone"}}));
}

// Trap 16: the clean-up uses what was finished before this pass and comes before the start.
TEST_F(DecideTest, Trap16CleanUpPrecedesTheStart) {
  cronjob_.spec.successful_jobs_history_limit = 0;
  LastSlot("2026-01-01T01:00:00Z");
  AddActive("etl-29453820", JobEnd::kComplete);
  const auto decision = Decide("2026-01-01T02:00:00Z");
  EXPECT_EQ(decision.deletions, std::vector<JobDeletion>({{"etl-29453820", "uid-of-etl-29453820"}}));
  EXPECT_EQ(Created(decision), "etl-29453880");
  EXPECT_TRUE(decision.status.active.empty());
}

}  // namespace
}  // namespace belfry::controllers
