// The rule files shipped: the four documented rules with all they get wrong, and those that do better.
#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/rules/rule/engine_fixture.h"

namespace belfry::rule {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string ReadAlerts(const std::string& name) {
  std::ifstream file(std::string(BELFRY_SOURCE_DIR) + "/rules/alerts/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class ShippedRulesTest : public EngineTest {
 protected:
  // `failed`, `start`, … of kube-state-metrics for one Job of the namespace batch.
  static std::string Job(const std::string& family, const std::string& job, const std::string& more = "") {
    return "kube_job_" + family + "{namespace=\"batch\", job_name=\"" + job + "\"" + more + "}";
  }
  static std::string CronJob(const std::string& family, const std::string& name) {
    return "kube_cronjob_" + family + "{namespace=\"ops\", cronjob=\"" + name + "\"}";
  }
  static double Unix(Instant t) { return ToUnixSecondsF(t); }

  const RuleStatus Named(const std::string& alert) {
    for (const GroupStatus& group : engine_->Snapshot()->groups) {
      for (const RuleStatus& rule : group.rules) {
        if (rule.spec->alert == alert) return rule;
      }
    }
    ADD_FAILURE() << "no rule " << alert;
    return {};
  }
  Alerts Active(const std::string& alert) {
    Alerts active;
    for (const Alert& a : *Named(alert).alerts) {
      if (!IsResolved(a)) active.push_back(a);
    }
    return active;
  }
  bool Fires(const std::string& alert) {
    for (const Alert& a : Active(alert)) {
      if (a.state == AlertState::kFiring) return true;
    }
    return false;
  }
};

// Prometheus' file name on the left; the four rules as the documents have them.
class BatchJobsTest : public ShippedRulesTest {
 protected:
  void SetUp() override { Start(ReadAlerts("batch-jobs.yaml")); }
};

TEST_F(BatchJobsTest, AFailureFiresAfterOneMinuteWithTheDocumentedText) {
  Set(Job("status_failed", "etl"), 2);
  loop_.Advance(minutes(1));
  EXPECT_FALSE(Fires("BatchJobFailed"));
  loop_.Advance(minutes(1));
  ASSERT_TRUE(Fires("BatchJobFailed"));
  const Alert alert = Active("BatchJobFailed")[0];
  EXPECT_EQ(alert.labels, (model::Labels{{"alertname", "BatchJobFailed"},
                                         {"job_name", "etl"},
                                         {"namespace", "batch"},
                                         {"severity", "warning"}}));
  EXPECT_EQ(alert.annotations->at("summary"), "Batch job failed");
  EXPECT_EQ(alert.annotations->at("description"), "Job etl in namespace batch has failed");
  EXPECT_EQ(alert.value, 2);
}

TEST_F(BatchJobsTest, FailedPodsOfAJobThatSucceededInTheEndKeepFiring) {
  Set(Job("status_failed", "etl"), 1);
  loop_.Advance(minutes(5));
  Set(Job("complete", "etl", ", condition=\"true\""), 1);
  loop_.Advance(hours(1));
  EXPECT_TRUE(Fires("BatchJobFailed"));
}

TEST_F(BatchJobsTest, AJobThatFailsWithoutAFailedPodIsNotSeen) {
  Set(Job("status_failed", "etl"), 0);
  Set(Job("failed", "etl", ", condition=\"true\""), 1);
  loop_.Advance(hours(1));
  EXPECT_FALSE(Fires("BatchJobFailed"));
}

TEST_F(BatchJobsTest, TheReasonThatAppearsAtTheEndMakesItAnotherAlert) {
  Set(Job("status_failed", "etl"), 3);
  loop_.Advance(minutes(3));
  Unset(Job("status_failed", "etl"));
  Set(Job("status_failed", "etl", ", reason=\"BackoffLimitExceeded\""), 1);
  Set(Job("status_failed", "etl", ", reason=\"Evicted\""), 0);
  handed_.clear();
  loop_.Advance(minutes(1));
  ASSERT_THAT(handed_, SizeIs(1));
  ASSERT_THAT(handed_[0].alerts, SizeIs(2));
  EXPECT_EQ(handed_[0].alerts[0].resolved_at, loop_.Now());
  EXPECT_EQ(handed_[0].alerts[1].state, AlertState::kPending);
  EXPECT_EQ(handed_[0].alerts[1].labels->Get("reason"), "BackoffLimitExceeded");
}

TEST_F(BatchJobsTest, OtherNamespacesAreNotLookedAt) {
  Set("kube_job_status_failed{namespace=\"other\", job_name=\"etl\"}", 1);
  Set("kube_job_status_active{namespace=\"other\", job_name=\"etl\"}", 100);
  loop_.Advance(hours(1));
  EXPECT_FALSE(Fires("BatchJobFailed"));
  EXPECT_FALSE(Fires("JobQueueBacklog"));
}

TEST_F(BatchJobsTest, AFinishedJobTripsTheDeadlineRule) {
  Set(Job("status_start_time", "etl"), Unix(kNoon));
  Set(Job("spec_active_deadline_seconds", "etl"), 600);
  Set(Job("status_completion_time", "etl"), Unix(kNoon + minutes(1)));
  loop_.Advance(minutes(13));
  EXPECT_FALSE(Fires("BatchJobRunningTooLong"));
  loop_.Advance(minutes(1));
  EXPECT_TRUE(Fires("BatchJobRunningTooLong"));
}

TEST_F(BatchJobsTest, AShortDeadlineIsOverBeforeItsRuleFires) {
  Set(Job("status_start_time", "etl"), Unix(kNoon) - 1);
  Set(Job("spec_active_deadline_seconds", "etl"), 1200);
  loop_.Advance(minutes(20));
  EXPECT_EQ(StateOf(0, 1), "pending");
  loop_.Advance(minutes(1));
  ASSERT_TRUE(Fires("BatchJobRunningTooLong"));
  EXPECT_EQ(Active("BatchJobRunningTooLong")[0].annotations->at("description"),
            "Job etl has been running for more than 80% of its deadline");
}

TEST_F(BatchJobsTest, OneJobNameTwiceKillsTheDeadlineRuleForAllAndIsSeen) {
  for (const char* job : {"etl", "report"}) {
    Set(Job("status_start_time", job), Unix(kNoon) - 3600);
    Set(Job("spec_active_deadline_seconds", job), 600);
  }
  loop_.Advance(minutes(6));
  EXPECT_THAT(Active("BatchJobRunningTooLong"), SizeIs(2));
  Set(Job("spec_active_deadline_seconds", "etl", ", host=\"two\""), 600);
  loop_.Advance(minutes(1));
  EXPECT_EQ(Named("BatchJobRunningTooLong").health, Health::kError);
  EXPECT_THAT(Named("BatchJobRunningTooLong").last_error, HasSubstr("many-to-many matching not allowed"));
  EXPECT_EQ(Named("BatchJobFailed").health, Health::kOk);
}

TEST_F(BatchJobsTest, AJobWithoutADeadlineNeverRunsTooLong) {
  Set(Job("status_start_time", "etl"), Unix(kNoon) - 1e6);
  loop_.Advance(hours(1));
  EXPECT_FALSE(Fires("BatchJobRunningTooLong"));
}

TEST_F(BatchJobsTest, ADailyCronJobIsCalledMissedMostOfTheDay) {
  Set(CronJob("status_last_schedule_time", "daily"), Unix(kNoon));
  loop_.Advance(minutes(70));
  EXPECT_FALSE(Fires("CronJobMissedSchedule"));
  loop_.Advance(minutes(1));
  ASSERT_TRUE(Fires("CronJobMissedSchedule"));
  EXPECT_EQ(Active("CronJobMissedSchedule")[0].annotations->at("description"),
            "CronJob daily has not been scheduled in the last hour");
  loop_.Advance(hours(22));
  EXPECT_TRUE(Fires("CronJobMissedSchedule"));
}

TEST_F(BatchJobsTest, ACronJobThatNeverRanIsNotMissedAndASuspendedOneIs) {
  Set(CronJob("next_schedule_time", "never"), Unix(kNoon) - 86400);
  Set(CronJob("status_last_schedule_time", "paused"), Unix(kNoon) - 86400);
  Set(CronJob("spec_suspend", "paused"), 1);
  loop_.Advance(minutes(20));
  ASSERT_THAT(Active("CronJobMissedSchedule"), SizeIs(1));
  EXPECT_EQ(Active("CronJobMissedSchedule")[0].labels->Get("cronjob"), "paused");
}

TEST_F(BatchJobsTest, OneWideJobIsABacklogWithoutAName) {
  Set(Job("status_active", "wide"), 12);
  loop_.Advance(minutes(30));
  EXPECT_FALSE(Fires("JobQueueBacklog"));
  loop_.Advance(minutes(1));
  ASSERT_TRUE(Fires("JobQueueBacklog"));
  const Alert alert = Active("JobQueueBacklog")[0];
  EXPECT_EQ(alert.labels, (model::Labels{{"alertname", "JobQueueBacklog"}, {"severity", "warning"}}));
  EXPECT_EQ(alert.annotations->at("description"), "There are 12 active jobs in the batch namespace");
}

TEST_F(BatchJobsTest, OneShortDipBeginsTheHalfHourAnew) {
  Set(Job("status_active", "wide"), 12);
  loop_.Advance(minutes(29));
  Set(Job("status_active", "wide"), 10);
  loop_.Advance(minutes(1));
  Set(Job("status_active", "wide"), 12);
  loop_.Advance(minutes(30));
  EXPECT_FALSE(Fires("JobQueueBacklog"));
  loop_.Advance(minutes(1));
  EXPECT_TRUE(Fires("JobQueueBacklog"));
}

TEST_F(BatchJobsTest, NothingThereNothingFires) {
  loop_.Advance(hours(2));
  for (const char* alert :
       {"BatchJobFailed", "BatchJobRunningTooLong", "CronJobMissedSchedule", "JobQueueBacklog"}) {
    EXPECT_THAT(Active(alert), IsEmpty());
    EXPECT_EQ(Named(alert).health, Health::kOk);
  }
}

class BatchOutcomesTest : public ShippedRulesTest {
 protected:
  void SetUp() override { Start(ReadAlerts("batch-outcomes.yaml")); }

  void Run(const std::string& job, Instant started, const std::string& cronjob) {
    const std::string owner = cronjob.empty() ? ", owner_kind=\"\", owner_name=\"\", owner_is_controller=\"\""
                                              : ", owner_kind=\"CronJob\", owner_name=\"" + cronjob +
                                                    "\", owner_is_controller=\"true\"";
    Set(Job("owner", job, owner), 1);
    Set(Job("status_start_time", job), Unix(started));
    Set(Job("status_active", job), 1);
    Set(Job("status_ready", job), 1);
  }
  void Finish(const std::string& job, const std::string& condition) {
    for (const char* value : {"true", "false", "unknown"}) {
      Set(Job(condition, job, std::string(", condition=\"") + value + "\""),
          std::string_view(value) == "true" ? 1 : 0);
    }
    Set(Job("status_active", job), 0);
    if (condition == "complete") Set(Job("status_completion_time", job), Unix(loop_.Now()));
  }
};

TEST_F(BatchOutcomesTest, TheNewestFinishedRunDecides) {
  Run("etl-1", kNoon, "etl");
  Finish("etl-1", "failed");
  engine_->EvaluateSoon();
  loop_.RunUntilIdle();
  ASSERT_TRUE(Fires("CronJobLastRunFailed")) << "in the turn of the failure";
  const Alert alert = Active("CronJobLastRunFailed")[0];
  EXPECT_EQ(alert.annotations->at("summary"), "CronJob batch/etl: last run failed");
  EXPECT_EQ(alert.annotations->at("description"),
            "Job etl-1, started 2023-11-14 22:00:00 +0000 UTC, has failed; no later run has succeeded.");
  EXPECT_THAT(Active("JobFailed"), IsEmpty()) << "one alert for one thing";
  loop_.Advance(minutes(5));
  Run("etl-2", loop_.Now(), "etl");
  loop_.Advance(minutes(5));
  EXPECT_TRUE(Fires("CronJobLastRunFailed")) << "a run that goes on decides nothing";
  Finish("etl-2", "complete");
  loop_.Advance(minutes(1));
  EXPECT_FALSE(Fires("CronJobLastRunFailed")) << "though the failed Job is still in the history";
}

TEST_F(BatchOutcomesTest, RetriesAreNoFailureAndAFailureWithoutPodsIs) {
  Run("retrying", kNoon, "");
  Set(Job("status_failed", "retrying"), 3);
  Run("refused", kNoon, "");
  Set(Job("status_failed", "refused"), 0);
  Finish("refused", "failed");
  loop_.Advance(minutes(1));
  ASSERT_THAT(Active("JobFailed"), SizeIs(1));
  EXPECT_EQ(Active("JobFailed")[0].labels, (model::Labels{{"alertname", "JobFailed"},
                                                          {"job_name", "refused"},
                                                          {"namespace", "batch"},
                                                          {"severity", "warning"}}));
}

TEST_F(BatchOutcomesTest, ADeadlineComesNearOnlyForWhatRuns) {
  for (const char* job : {"running", "done", "dead"}) {
    Run(job, kNoon, "");
    Set(Job("spec_active_deadline_seconds", job), 600);
  }
  loop_.Advance(minutes(2));
  Finish("done", "complete");
  Finish("dead", "failed");
  loop_.Advance(minutes(6));
  EXPECT_THAT(Active("JobNearDeadline"), IsEmpty());
  loop_.Advance(minutes(1));
  ASSERT_THAT(Active("JobNearDeadline"), SizeIs(1));
  EXPECT_TRUE(Fires("JobNearDeadline")) << "a minute before the end, not after it";
  EXPECT_EQ(Active("JobNearDeadline")[0].labels->Get("job_name"), "running");
  EXPECT_EQ(Active("JobNearDeadline")[0].annotations->at("description"),
            "90% of activeDeadlineSeconds are used.");
}

TEST_F(BatchOutcomesTest, SameJobNamesInTwoNamespacesDoNotHurt) {
  for (const char* name_space : {"a", "b"}) {
    const std::string labels = std::string("{namespace=\"") + name_space + "\", job_name=\"etl\"}";
    Set("kube_job_status_start_time" + labels, Unix(kNoon) - 900);
    Set("kube_job_spec_active_deadline_seconds" + labels, 1000);
  }
  loop_.Advance(minutes(1));
  EXPECT_THAT(Active("JobNearDeadline"), SizeIs(2));
}

TEST_F(BatchOutcomesTest, OnlyARunWithoutADeadlineIsNotCompleted) {
  Run("long", kNoon, "");
  Run("bounded", kNoon, "");
  Set(Job("spec_active_deadline_seconds", "bounded"), 1e6);
  loop_.Advance(hours(12));
  EXPECT_THAT(Active("JobNotCompleted"), IsEmpty());
  loop_.Advance(minutes(1));
  ASSERT_THAT(Active("JobNotCompleted"), SizeIs(1));
  EXPECT_EQ(Active("JobNotCompleted")[0].annotations->at("summary"),
            "Job batch/long has been running for 12h 1m 0s");
}

TEST_F(BatchOutcomesTest, MissedMeansTheScheduleItself) {
  const auto cronjob = [&](const std::string& name, Instant next, double active, double suspend) {
    Set(CronJob("next_schedule_time", name), Unix(next));
    Set(CronJob("status_active", name), active);
    Set(CronJob("spec_suspend", name), suspend);
  };
  cronjob("daily", kNoon + hours(20), 0, 0);
  cronjob("never-ran", kNoon, 0, 0);
  cronjob("still-running", kNoon, 1, 0);
  cronjob("paused", kNoon, 0, 1);
  loop_.Advance(minutes(3));
  EXPECT_FALSE(Fires("CronJobRunMissed"));
  loop_.Advance(minutes(1));
  ASSERT_THAT(Active("CronJobRunMissed"), SizeIs(1));
  ASSERT_TRUE(Fires("CronJobRunMissed"));
  EXPECT_EQ(Active("CronJobRunMissed")[0].annotations->at("description"),
            "Its next run was due 4m 0s ago and nothing is running.");
  EXPECT_EQ(Active("CronJobRunMissed")[0].labels->Get("cronjob"), "never-ran");
}

// Somebody who loads both gets alerts he can tell apart by name.
TEST_F(ShippedRulesTest, BothFilesCanBeLoaded) {
  std::vector<GroupSpec> groups = Groups(ReadAlerts("batch-jobs.yaml"));
  for (GroupSpec& group : Groups(ReadAlerts("batch-outcomes.yaml"))) groups.push_back(std::move(group));
  std::set<std::string> names;
  for (const GroupSpec& group : groups) {
    for (const RuleSpec& rule : group.rules) EXPECT_TRUE(names.insert(rule.name()).second) << rule.name();
  }
  Start("groups: []");
  ASSERT_TRUE(engine_->SetGroups(std::move(groups)).ok());
  Set(CronJob("next_schedule_time", "daily"), Unix(kNoon));
  Set(CronJob("status_active", "daily"), 0);
  Set(CronJob("status_last_schedule_time", "daily"), Unix(kNoon - hours(2)));
  loop_.Advance(minutes(15));
  EXPECT_TRUE(Fires("CronJobMissedSchedule"));
  EXPECT_TRUE(Fires("CronJobRunMissed"));
  for (const GroupStatus& group : engine_->Snapshot()->groups) {
    for (const RuleStatus& rule : group.rules) EXPECT_EQ(rule.last_error, "") << rule.spec->name();
  }
}

TEST_F(ShippedRulesTest, ASuspensionIsToldAfterAWeek) {
  std::string hourly = ReadAlerts("batch-outcomes.yaml");
  hourly.replace(hourly.find("    rules:"), 0, "    interval: 1h\n");
  Start(hourly);
  Set(CronJob("spec_suspend", "paused"), 1);
  loop_.Advance(hours(7 * 24));
  EXPECT_FALSE(Fires("CronJobSuspendedForLong"));
  loop_.Advance(hours(1));
  EXPECT_TRUE(Fires("CronJobSuspendedForLong"));
}

TEST_F(BatchOutcomesTest, ABacklogIsWorkThatWaits) {
  Run("wide", kNoon, "");
  Set(Job("status_active", "wide"), 40);
  Set(Job("status_ready", "wide"), 40);
  loop_.Advance(minutes(30));
  EXPECT_THAT(Active("BatchBacklog"), IsEmpty());
  Set(Job("status_ready", "wide"), 25);
  loop_.Advance(minutes(16));
  ASSERT_TRUE(Fires("BatchBacklog"));
  EXPECT_EQ(Active("BatchBacklog")[0].annotations->at("description"),
            "15 pods of Jobs have not been ready for a quarter of an hour.");
}

TEST_F(BatchOutcomesTest, AScheduleThatCannotBeReadIsTold) {
  Set("kube_cronjob_schedule_invalid{namespace=\"ops\", cronjob=\"odd\"}", 1);
  loop_.Advance(minutes(1));
  EXPECT_TRUE(Fires("CronJobScheduleInvalid"));
}

}  // namespace
}  // namespace belfry::rule
