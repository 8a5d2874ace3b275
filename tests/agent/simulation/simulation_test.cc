// Whole scenarios: what the timeline tells of each rule of docs/cron.md, docs/jobs.md and docs/rules.md.
#include "agent/simulation/simulation.h"

#include "tests/agent/simulation/fixture.h"

namespace belfry::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kFrom = "2026-03-02T10:00:00Z";  // minute 29540760

std::string Duration(const std::string& text) { return "{belfry.io/simulated-duration: \"" + text + "\"}"; }

std::vector<std::string> LinesOf(const std::string& manifests, const std::string& to) {
  return Tell(ScenarioOf(manifests, kFrom, to)).lines;
}

// --- Concurrency ---

TEST(Simulate, AllowStartsBesideTheRunBefore) {
  const Told told = Tell(
      ScenarioOf(CronJobText("etl", "*/15 * * * *", "", Duration("20m")), kFrom, "2026-03-02T10:40:00Z"));
  EXPECT_THAT(told.lines,
              ElementsAre("10:00:00 started etl-29540760 10:00:00", "10:15:00 started etl-29540775 10:15:00",
                          "10:20:00 succeeded etl-29540760 20m", "10:30:00 started etl-29540790 10:30:00",
                          "10:35:00 succeeded etl-29540775 20m"));
  ASSERT_EQ(told.summary.cronjobs.size(), 1U);
  const CronJobSummary& sums = told.summary.cronjobs[0];
  EXPECT_EQ(sums.runs, 3U);
  EXPECT_EQ(sums.succeeded, 2U);
  EXPECT_EQ(sums.longest_overlap, minutes(5));
  EXPECT_EQ(sums.most_at_once, 2U);
  EXPECT_EQ(sums.running_at_end, 1U);
}

// The slot waits while the Job runs, starts when it has ended, and is lost to the next one.
TEST(Simulate, ForbidHoldsThenStartsLateOrSkips) {
  const Told told =
      Tell(ScenarioOf(CronJobText("etl", "*/15 * * * *", "concurrencyPolicy: Forbid", Duration("20m,40m")),
                      kFrom, "2026-03-02T11:05:00Z"));
  EXPECT_THAT(told.lines,
              ElementsAre("10:00:00 started etl-29540760 10:00:00",
                          "10:15:00 held etl 10:15:00 Forbid etl-29540760 still runs",
                          "10:20:00 succeeded etl-29540760 20m", "10:20:00 started etl-29540775 10:15:00 5m",
                          "10:30:00 held etl 10:30:00 Forbid etl-29540775 still runs",
                          "10:45:00 skipped etl 10:30:00 Forbid",
                          "10:45:00 held etl 10:45:00 Forbid etl-29540775 still runs",
                          "11:00:00 succeeded etl-29540775 40m", "11:00:00 skipped etl 10:45:00 Forbid",
                          "11:00:00 started etl-29540820 11:00:00"));
  const CronJobSummary& sums = told.summary.cronjobs[0];
  EXPECT_EQ(sums.runs, 3U);
  EXPECT_EQ(sums.late, 1U);
  EXPECT_EQ(sums.skipped, 2U);
  EXPECT_EQ(sums.longest_overlap, belfry::Duration(0));
}

TEST(Simulate, ReplaceStopsTheRunBefore) {
  const Told told =
      Tell(ScenarioOf(CronJobText("etl", "*/15 * * * *", "concurrencyPolicy: Replace", Duration("20m,5m")),
                      kFrom, "2026-03-02T10:30:00Z"));
  EXPECT_THAT(told.lines,
              ElementsAre("10:00:00 started etl-29540760 10:00:00", "10:15:00 replaced etl-29540760 10:15:00",
                          "10:15:00 started etl-29540775 10:15:00", "10:20:00 succeeded etl-29540775 5m"));
  EXPECT_EQ(told.summary.cronjobs[0].replaced, 1U);
  EXPECT_EQ(told.summary.cronjobs[0].longest_overlap, belfry::Duration(0));
}

// --- Slots that are lost ---

TEST(Simulate, DeadlineThatHasPassedIsAMiss) {
  const Told told = Tell(ScenarioOf(CronJobText("etl", "*/15 * * * *", "startingDeadlineSeconds: 0"), kFrom,
                                    "2026-03-02T10:20:00Z"));
  EXPECT_THAT(told.lines,
              ElementsAre("10:00:00 missed etl 10:00:00 deadline", "10:15:00 missed etl 10:15:00 deadline"));
  EXPECT_THAT(told.summary.cronjobs[0].missed, ElementsAre(Pair("deadline", 2U)));
  EXPECT_EQ(told.summary.cronjobs[0].runs, 0U);
}

TEST(Simulate, HeldSlotIsLostAtItsDeadline) {
  EXPECT_THAT(
      LinesOf(CronJobText("etl", "*/15 * * * *", "concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 60",
                          Duration("20m")),
              "2026-03-02T10:25:00Z"),
      ElementsAre("10:00:00 started etl-29540760 10:00:00",
                  "10:15:00 held etl 10:15:00 Forbid etl-29540760 still runs",
                  "10:16:00 skipped etl 10:15:00 Forbid", "10:20:00 succeeded etl-29540760 20m"));
}

TEST(Simulate, SuspendedSlotsAreCounted) {
  const Told told =
      Tell(ScenarioOf(CronJobText("etl", "*/15 * * * *", "suspend: true"), kFrom, "2026-03-02T11:00:00Z"));
  EXPECT_THAT(told.lines,
              ElementsAre("10:15:00 missed etl 10:00:00 suspended", "10:30:00 missed etl 10:15:00 suspended",
                          "10:45:00 missed etl 10:30:00 suspended"));
  EXPECT_THAT(told.summary.cronjobs[0].missed, ElementsAre(Pair("suspended", 3U)));
}

// --- Ends of runs ---

TEST(Simulate, ExitCodesGoRoundAndFailedRunsSayWhy) {
  const Told told =
      Tell(ScenarioOf(CronJobText("etl", "0 * * * *", "", "{belfry.io/simulated-exit-codes: \"0,3\"}"), kFrom,
                      "2026-03-02T13:30:00Z"));
  EXPECT_THAT(
      told.lines,
      ElementsAre("10:00:00 started etl-29540760 10:00:00", "10:01:00 succeeded etl-29540760 1m",
                  "11:00:00 started etl-29540820 11:00:00",
                  "11:01:00 failed etl-29540820 BackoffLimitExceeded Job has reached the specified backoff "
                  "limit 1m",
                  "12:00:00 started etl-29540880 12:00:00", "12:01:00 succeeded etl-29540880 1m",
                  "13:00:00 started etl-29540940 13:00:00",
                  "13:01:00 failed etl-29540940 BackoffLimitExceeded Job has reached the specified backoff "
                  "limit 1m"));
  EXPECT_EQ(told.summary.cronjobs[0].failed, 2U);
  EXPECT_EQ(told.summary.cronjobs[0].succeeded, 2U);
}

// A pod that fails is tried again after the Job controller's 10 s; each start takes the next outcome.
TEST(Simulate, RetriesTakeTheNextOutcome) {
  EXPECT_THAT(LinesOf(CronJobText("etl", "0 * * * *", "", "{belfry.io/simulated-exit-codes: \"1,0\"}", 2),
                      "2026-03-02T10:30:00Z"),
              ElementsAre("10:00:00 started etl-29540760 10:00:00",
                          "10:01:00 retried etl-29540760 failure 1 of at most 3",
                          "10:02:10 succeeded etl-29540760 2m10s"));
}

TEST(Simulate, ActiveDeadlineEndsARunThatHangs) {
  std::string manifest = CronJobText("etl", "0 * * * *", "", Duration("forever"));
  manifest.replace(manifest.find("backoffLimit"), 12, "activeDeadlineSeconds: 300\n      backoffLimit");
  const Told told = Tell(ScenarioOf(manifest, kFrom, "2026-03-02T10:30:00Z"));
  EXPECT_THAT(told.lines,
              ElementsAre("10:00:00 started etl-29540760 10:00:00",
                          "10:05:00 failed etl-29540760 DeadlineExceeded Job was active longer than "
                          "specified deadline 5m"));
}

TEST(Simulate, SingleJobsRunToo) {
  const Told told = Tell(ScenarioOf(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: default, annotations: {belfry.io/simulated-duration: 90s}}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [work]}]}}
)",
                                    kFrom, "2026-03-02T10:30:00Z"));
  EXPECT_THAT(told.lines, ElementsAre("10:00:00 started once", "10:01:30 succeeded once 1m30s"));
  ASSERT_EQ(told.summary.jobs.size(), 1U);
  EXPECT_EQ(told.summary.jobs[0].result, "Complete");
}

TEST(Simulate, HistoryBeatsAnnotationsAndGoesRound) {
  Scenario scenario =
      ScenarioOf(CronJobText("etl", "0 * * * *", "", Duration("5m")), kFrom, "2026-03-02T12:30:00Z");
  scenario.history =
      *ReadHistory("runs.csv", "cronjob,seconds,exit_code\netl,30,0\ndefault/etl,600,0\netl,90.5,4\n");
  EXPECT_THAT(Tell(scenario).lines,
              ElementsAre("10:00:00 started etl-29540760 10:00:00", "10:10:00 succeeded etl-29540760 10m",
                          "11:00:00 started etl-29540820 11:00:00", "11:10:00 succeeded etl-29540820 10m",
                          "12:00:00 started etl-29540880 12:00:00", "12:10:00 succeeded etl-29540880 10m"));
}

// --- The span ---

TEST(Simulate, FromBelongsToTheSpanAndToDoesNot) {
  EXPECT_THAT(LinesOf(CronJobText("etl", "0 * * * *"), "2026-03-02T11:00:00Z"),
              ElementsAre("10:00:00 started etl-29540760 10:00:00", "10:01:00 succeeded etl-29540760 1m"));
}

TEST(Simulate, IntervalsCountFromTheBeginning) {
  EXPECT_THAT(LinesOf(CronJobText("etl", "@every 40m"), "2026-03-02T11:00:00Z"),
              ElementsAre("10:40:00 started etl-29540800 10:40:00", "10:41:00 succeeded etl-29540800 1m"));
}

TEST(Simulate, CountsMonths) {
  const Told told =
      Tell(ScenarioOf(CronJobText("etl", "0 0 * * *"), "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"));
  EXPECT_EQ(told.summary.cronjobs[0].runs, 90U);
  EXPECT_EQ(told.summary.cronjobs[0].succeeded, 90U);
}

// --- Clock changes ---

std::vector<std::string> Days(const Told& told) {
  std::vector<std::string> days;
  for (const Event& event : told.events) {
    if (event.kind == EventKind::kStarted) days.push_back(FormatRfc3339Seconds(event.at));
  }
  return days;
}

TEST(Simulate, SkippedHourIsNotRun) {
  const Told told = Tell(ScenarioOf(CronJobText("etl", "30 2 * * *", "timeZone: Europe/Berlin"),
                                    "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"));
  EXPECT_THAT(Days(told), ElementsAre("2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"));
  EXPECT_THAT(told.summary.cronjobs[0].clock_changes,
              ElementsAre("does not run on 2026-03-29: 02:30 does not exist in Europe/Berlin"));
}

TEST(Simulate, RepeatedHourRunsTwice) {
  const Told told = Tell(ScenarioOf(CronJobText("etl", "30 1 * * *", "timeZone: America/New_York"),
                                    "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z"));
  EXPECT_THAT(Days(told),
              ElementsAre("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"));
  EXPECT_THAT(told.summary.cronjobs[0].clock_changes,
              ElementsAre("runs twice on 2026-11-01: 01:30 comes twice in America/New_York"));
}

TEST(Simulate, ZoneOfOthersIsTheGivenOne) {
  Scenario scenario =
      ScenarioOf(CronJobText("etl", "0 9 * * *"), "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z");
  EXPECT_THAT(Days(Tell(scenario)), ElementsAre("2026-07-01T09:00:00Z"));
  scenario.time_zone = "Asia/Kolkata";
  EXPECT_THAT(Days(Tell(scenario)), ElementsAre("2026-07-01T03:30:00Z"));
}

// --- Alerts ---

constexpr const char* kFailedRule = R"(
groups:
  - name: g
    interval: 1m
    rules:
      - alert: Failed
        expr: kube_job_failed{condition="true"} == 1
        for: 5m
)";

TEST(Simulate, AlertGoesPendingFiringResolved) {
  Scenario scenario = ScenarioOf(CronJobText("etl", "*/20 * * * *", "failedJobsHistoryLimit: 0",
                                             "{belfry.io/simulated-exit-codes: \"1\"}"),
                                 kFrom, "2026-03-02T10:12:00Z");
  scenario.objects = Objects(R"(
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: default, annotations: {belfry.io/simulated-exit-codes: "2"}}
spec:
  backoffLimit: 0
  ttlSecondsAfterFinished: 400
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [work]}]}}
)");
  scenario.rules = Rules(kFailedRule);
  const Told told = Tell(scenario);
  const std::string labels = "{condition=\"true\", job_name=\"once\", namespace=\"default\"}";
  EXPECT_THAT(told.lines,
              ElementsAre("10:00:00 started once",
                          "10:01:00 failed once BackoffLimitExceeded Job has reached the specified backoff "
                          "limit 1m",
                          "10:01:00 alert-pending Failed " + labels, "10:06:00 alert-firing Failed " + labels,
                          "10:08:00 alert-resolved Failed " + labels + " 2m"));
  ASSERT_EQ(told.summary.alerts.size(), 1U);
  EXPECT_EQ(told.summary.alerts[0].fired, 1U);
  EXPECT_EQ(told.summary.alerts[0].firing_time, minutes(2));
}

TEST(Simulate, AlertWithoutForFiresInTheInstantOfTheFailure) {
  Scenario scenario = ScenarioOf(CronJobText("etl", "7 * * * *", "",
                                             "{belfry.io/simulated-exit-codes: \"1,0\", "
                                             "belfry.io/simulated-duration: 10s}"),
                                 kFrom, "2026-03-02T11:30:00Z");
  scenario.rules = Rules(R"(
groups:
  - name: g
    rules:
      - alert: LastFailed
        expr: belfry_cronjob_consecutive_failures > 0
)");
  EXPECT_THAT(
      Tell(scenario).lines,
      ElementsAre("10:07:00 started etl-29540767 10:07:00",
                  "10:07:10 failed etl-29540767 BackoffLimitExceeded Job has reached the specified backoff "
                  "limit 10s",
                  "10:07:10 alert-firing LastFailed {cronjob=\"etl\", namespace=\"default\"}",
                  "11:07:00 started etl-29540827 11:07:00", "11:07:10 succeeded etl-29540827 10s",
                  "11:07:10 alert-resolved LastFailed {cronjob=\"etl\", namespace=\"default\"} 1h"));
}

TEST(Simulate, AlertThatNeverFiresIsCleared) {
  Scenario scenario =
      ScenarioOf(CronJobText("etl", "7 * * * *", "", Duration("3m")), kFrom, "2026-03-02T10:30:00Z");
  scenario.rules = Rules(R"(
groups:
  - name: g
    rules:
      - {alert: Busy, expr: "sum(kube_job_status_active) > 0", for: 10m}
)");
  const Told told = Tell(scenario);
  EXPECT_THAT(told.lines,
              ElementsAre("10:07:00 started etl-29540767 10:07:00", "10:07:00 alert-pending Busy {}",
                          "10:10:00 succeeded etl-29540767 3m", "10:10:00 alert-cleared Busy {}"));
  EXPECT_EQ(told.summary.alerts[0].fired, 0U);
}

TEST(Simulate, RulesThatLookBackSeeHistory) {
  Scenario scenario = ScenarioOf(CronJobText("etl", "*/10 * * * *"), kFrom, "2026-03-02T10:50:00Z");
  scenario.rules = Rules(R"(
groups:
  - name: g
    rules:
      - {alert: Often, expr: "increase(cronjob_jobs_total{status=\"succeeded\"}[30m]) > 1.5"}
)");
  const Told told = Tell(scenario);
  ASSERT_EQ(told.summary.alerts.size(), 1U);
  EXPECT_EQ(told.summary.alerts[0].fired, 1U);
}

TEST(Simulate, RuleErrorsAreInTheSummary) {
  Scenario scenario = ScenarioOf(CronJobText("a", "7 * * * *") + CronJobText("b", "7 * * * *"), kFrom,
                                 "2026-03-02T10:30:00Z");
  scenario.rules = Rules(R"(
groups:
  - name: g
    rules:
      - {alert: Broken, expr: "kube_cronjob_info * on (namespace) kube_cronjob_created"}
)");
  const Told told = Tell(scenario);
  ASSERT_EQ(told.summary.rule_errors.size(), 1U);
  EXPECT_THAT(told.summary.rule_errors[0], HasSubstr("g/Broken: "));
}

// --- Same input, same output ---

TEST(Simulate, IsTheSameEachTime) {
  Scenario scenario =
      ScenarioOf(CronJobText("a", "*/7 * * * *", "concurrencyPolicy: Forbid", Duration("5m,9m,1m")) +
                     CronJobText("b", "*/5 * * * *", "concurrencyPolicy: Replace",
                                 "{belfry.io/simulated-exit-codes: \"0,1,1\"}", 1) +
                     CronJobText("c", "30 2 * * *", "timeZone: Europe/Berlin"),
                 "2026-03-28T23:30:00Z", "2026-03-29T02:00:00Z");
  scenario.rules = Rules(kFailedRule);
  const Told once = Tell(scenario);
  const Told again = Tell(scenario);
  EXPECT_EQ(once.events, again.events);
  EXPECT_GT(once.events.size(), 100U);
}

// --- Bad input ---

std::string ErrorOf(const Scenario& scenario) {
  const auto done = Simulate(scenario, [](const Event&) { FAIL() << "nothing may happen"; });
  return done.ok() ? "ok" : done.error().message;
}

TEST(Simulate, RefusesASpanThatIsNone) {
  const std::string manifest = CronJobText("etl", "0 * * * *");
  EXPECT_THAT(ErrorOf(ScenarioOf(manifest, kFrom, kFrom)),
              HasSubstr("--from 2026-03-02T10:00:00Z is not before"));
  EXPECT_THAT(ErrorOf(ScenarioOf(manifest, kFrom, "2026-03-01T00:00:00Z")), HasSubstr("is not before"));
  EXPECT_THAT(ErrorOf(ScenarioOf(manifest, kFrom, "2046-03-01T00:00:00Z")), HasSubstr("more than ten years"));
}

TEST(Simulate, RefusesMoreRunsThanItCanDo) {
  EXPECT_THAT(ErrorOf(ScenarioOf(CronJobText("etl", "@every 1s"), kFrom, "2027-03-02T10:00:00Z")),
              HasSubstr("31536000 runs are scheduled between --from and --to, more than the 5000000"));
}

TEST(Simulate, RefusesAnnotationsThatCannotBeRead) {
  EXPECT_EQ(ErrorOf(ScenarioOf(CronJobText("etl", "0 * * * *", "", Duration("20x")), kFrom,
                               "2026-03-03T00:00:00Z")),
            "cronjob default/etl: annotation belfry.io/simulated-duration: \"20x\" is not a duration such as "
            "90s or "
            "1h30m of at most ten years, or forever");
}

TEST(Simulate, RefusesAHistoryOfUnknownCronJobs) {
  Scenario scenario = ScenarioOf(CronJobText("etl", "0 * * * *"), kFrom, "2026-03-03T00:00:00Z");
  scenario.history["elt"] = {};
  EXPECT_THAT(ErrorOf(scenario), HasSubstr("\"elt\" that is not in the manifests"));
}

TEST(Simulate, RefusesWhenThereIsNothingToRun) {
  Scenario scenario{.objects = {}, .rules = {}, .from = At(kFrom), .to = At("2026-03-03T00:00:00Z")};
  EXPECT_THAT(ErrorOf(scenario), HasSubstr("no CronJob, Job or Pod"));
}

}  // namespace
}  // namespace belfry::simulation
