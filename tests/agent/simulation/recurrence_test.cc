// What is told again must be what would have happened: every scenario is lived through as a whole too.
#include <random>

#include "agent/simulation/relative_text.h"
#include "agent/simulation/rule_shape.h"
#include "tests/agent/simulation/fixture.h"

namespace belfry::simulation {
namespace {

constexpr const char* kRules = R"(
groups:
  - name: g
    interval: 20m
    rules:
      - record: run:start
        expr: kube_job_status_start_time * on (namespace, job_name) group_left (owner_name) kube_job_owner
      - {alert: Failed, expr: "kube_job_failed{condition=\"true\"} == 1", for: 40m}
      - {alert: Long, expr: "time() - kube_job_status_start_time > 900 unless kube_job_status_completion_time"}
      - {alert: Late, expr: "time() - kube_cronjob_next_schedule_time > 600", for: 20m}
      - {alert: Newest, expr: "run:start == on (namespace, owner_name) group_left () max by (namespace, owner_name) (run:start) and on (job_name) kube_job_failed == 1"}
)";

std::vector<std::string> DifferentLines(const Told& a, const Told& b) {
  for (size_t i = 0; i < std::max(a.events.size(), b.events.size()); ++i) {
    const bool both = i < a.events.size() && i < b.events.size();
    if (both && a.events[i] == b.events[i]) continue;
    return {std::to_string(i), i < a.lines.size() ? FormatRfc3339(a.events[i].at) + " " + a.lines[i] : "-",
            i < b.lines.size() ? FormatRfc3339(b.events[i].at) + " " + b.lines[i] : "-"};
  }
  return {};
}

// Returns how much was not lived through.
Duration ExpectSame(const Scenario& scenario) {
  const Told whole = Tell(scenario, Effort::kEveryInstant);
  const Told again = Tell(scenario, Effort::kOncePerCycle);
  EXPECT_THAT(DifferentLines(whole, again), ::testing::IsEmpty());
  EXPECT_EQ(whole.summary.told_again, Duration(0));
  EXPECT_EQ(whole.summary.cronjobs.size(), again.summary.cronjobs.size());
  for (size_t i = 0; i < whole.summary.cronjobs.size(); ++i) {
    EXPECT_EQ(whole.summary.cronjobs[i].runs, again.summary.cronjobs[i].runs);
    EXPECT_EQ(whole.summary.cronjobs[i].longest_overlap, again.summary.cronjobs[i].longest_overlap);
  }
  return again.summary.told_again;
}

template <class T>
T OneOf(std::mt19937_64& random, std::vector<T> values) {
  return values[random() % values.size()];
}

std::string RandomCronJob(std::mt19937_64& random, int index) {
  const std::string schedule =
      OneOf<std::string>(random, {"0 * * * *", "20 * * * *", "*/30 * * * *", "7,47 * * * *", "0 */6 * * *",
                                  "@every 40m", "15 1-3 * * *"});
  const std::string policy = OneOf<std::string>(random, {"Allow", "Forbid", "Replace"});
  const std::string zone = OneOf<std::string>(random, {"UTC", "Europe/Berlin", "Asia/Kolkata"});
  const std::string annotations =
      fmt::format("{{belfry.io/simulated-duration: \"{}\", belfry.io/simulated-exit-codes: \"{}\"}}",
                  OneOf<std::string>(random, {"1m", "35m", "5m,70m", "20m,10m,50m"}),
                  OneOf<std::string>(random, {"0", "0,0,3", "1,0", "2"}));
  return CronJobText("job-" + std::to_string(index), schedule,
                     fmt::format("concurrencyPolicy: {}\n  timeZone: {}\n  suspend: {}", policy, zone,
                                 random() % 8 == 0 ? "true" : "false"),
                     annotations, static_cast<int>(random() % 2));
}

TEST(Recurrence, RandomScenariosAreTheSameAsLivedThrough) {
  Duration told_again{0};
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string manifests;
    for (int i = 0; i < 1 + static_cast<int>(random() % 2); ++i) manifests += RandomCronJob(random, i);
    // The clock of Berlin changes within.
    Scenario scenario = ScenarioOf(manifests, "2026-03-27T22:20:00Z", "2026-03-30T03:10:00Z");
    if (random() % 4 != 0) scenario.rules = Rules(kRules);
    told_again += ExpectSame(scenario);
  }
  EXPECT_GT(told_again, hours(6 * 6));
}

// A clock change in the middle ends a circle and another begins after it.
TEST(Recurrence, GoesOnAfterAClockChange) {
  const Scenario scenario = ScenarioOf(
      CronJobText("a", "0 */6 * * *", "successfulJobsHistoryLimit: 0") +
          CronJobText("b", "30 2 * * *", "timeZone: Europe/Berlin\n  successfulJobsHistoryLimit: 0"),
      "2026-03-16T00:00:00Z", "2026-04-06T00:00:00Z");
  EXPECT_GT(ExpectSame(scenario), hours(24 * 8));
}

TEST(Recurrence, RulesThatReadCountersAreLivedThrough) {
  Scenario scenario =
      ScenarioOf(CronJobText("a", "30 * * * *"), "2026-03-20T00:00:00Z", "2026-03-21T00:00:00Z");
  scenario.rules = Rules("groups: [{name: g, rules: [{alert: Twelve, expr: cronjob_jobs_total > 11}]}]");
  const Told told = Tell(scenario);
  ASSERT_EQ(told.summary.alerts.size(), 1U);
  EXPECT_EQ(told.summary.alerts[0].fired, 1U);
  EXPECT_EQ(told.summary.told_again, Duration(0));
}

TEST(Recurrence, AYearOfManyIsToldInSeconds) {
  std::string manifests;
  for (int i = 0; i < 5; ++i)
    manifests += CronJobText("job-" + std::to_string(i), std::to_string(i * 7) + " * * * *");
  const Told told = Tell(ScenarioOf(manifests, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"));
  for (const CronJobSummary& sums : told.summary.cronjobs) EXPECT_EQ(sums.succeeded, 8760U);
  EXPECT_EQ(told.events.back().at, At("2026-12-31T23:29:00Z"));
  EXPECT_EQ(told.events.back().job, "job-4-29979328");
}

// --- What moves with time ---

bool Moves(const std::string& expr) {
  return ShapeOf(Rules("groups: [{name: g, rules: [{record: r, expr: '" + expr + "'}]}]")).moves_with_time;
}

TEST(RuleShape, TimesAreComparedWithTimesOnly) {
  for (const char* expr :
       {"kube_job_status_active > 3", "time() - kube_job_status_start_time > 60",
        "(time() - kube_job_status_start_time) / kube_job_spec_active_deadline_seconds > 0.8",
        "max(kube_job_status_start_time) > kube_cronjob_status_last_schedule_time - 60",
        "kube_job_status_start_time * on(job_name) group_left(owner_name) kube_job_owner",
        "sum by (namespace) (kube_job_status_active)", "count(kube_job_created)",
        "ALERTS{alertstate=\"firing\"}"}) {
    EXPECT_TRUE(Moves(expr)) << expr;
  }
  for (const char* expr :
       {"kube_job_status_start_time > 1.8e9", "time() % 3600 < bool 60", "hour() < 6",
        "sum(kube_job_status_start_time)", "rate(kube_job_status_active[5m])",
        "kube_job_status_active offset 1h", "kube_pod_info", "cronjob_jobs_total",
        "time() - kube_cronjob_created > 86400", "kube_job_info{job_name=\"etl-29540760\"}",
        "2 * kube_job_status_start_time", "-time()", "{job_name!=\"\"}",
        "max_over_time(kube_job_status_active[1h:1m])", "day_of_week(kube_job_created)",
        "label_replace(kube_job_info, \"a\", \"$1\", \"job_name\", \"(.*)\")"}) {
    EXPECT_FALSE(Moves(expr)) << expr;
  }
}

// --- What a second evaluation in one instant would change ---

// The rules of two groups, `a` before `b`.
bool ReadsOnlyForward(const std::string& a, const std::string& b = "") {
  return ShapeOf(Rules("groups: [{name: a, rules: [" + a + "]}, {name: b, rules: [" + b + "]}]"))
      .reads_only_forward;
}

TEST(RuleShape, RulesThatReadWhatIsYetToBeWrittenNeedASecondLook) {
  EXPECT_TRUE(ReadsOnlyForward("{record: 'x', expr: sum(kube_job_status_active)}, {alert: A, expr: x > 2}"));
  EXPECT_TRUE(ReadsOnlyForward(
      "{record: 'x', expr: time()}, {record: 'y', expr: x + 1}, {alert: A, expr: y + x > 2}"));
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"{record: 'x', expr: x + 1}", ""},                            // itself
           {"{alert: A, expr: x > 2}, {record: 'x', expr: time()}", ""},  // a later one
           {"{record: 'x', expr: time()}", "{alert: A, expr: x > 2}"},    // another group's
           {"{alert: A, expr: x > 2}", "{record: 'x', expr: time()}"},
           {"{record: 'x', expr: '1'}, {alert: A, expr: x > 2}, {record: 'x', expr: '3', labels: {a: b}}",
            ""},
           {"{alert: A, expr: 'ALERTS > 0'}", ""},
           {"{alert: A, expr: 'time() - ALERTS_FOR_STATE > 60'}", ""},
           {"{alert: A, expr: '{a=\"b\"} > 0'}", ""},  // any name
           {"{alert: A, expr: 'sum_over_time(x[5m]) > 0'}, {record: 'x', expr: time()}", ""},
           {"{alert: A, expr: kube_job_info, labels: {n: '{{ query \"ALERTS\" | len }}'}}", ""}}) {
    EXPECT_FALSE(ReadsOnlyForward(a, b)) << a << " and " << b;
  }
}

// --- Texts ---

std::string Relative(const std::string& text) {
  std::string out;
  AppendRelative(out, text, At("2026-03-02T10:00:00Z"));
  return out;
}

TEST(AppendRelative, TakesOutTimesNamesAndChance) {
  EXPECT_EQ(Relative("{\"startTime\":\"2026-03-02T10:00:01Z\",\"x\":1}"),
            "{\"startTime\":\"@1000000000\",\"x\":1}");
  EXPECT_EQ(Relative("\"2026-03-02T11:00:00+01:00\""), "\"@0\"");
  EXPECT_EQ(Relative("\"etl-29540761\""), "\"etl~1\"");
  EXPECT_EQ(Relative("\"etl-29540761-x9k2p\""), "\"etl~1~\"");
  EXPECT_EQ(Relative("\"etl-29540761-3-x9k2p\""), "\"etl~1~\"");
  EXPECT_EQ(Relative("\"5b4c8e1e-0f3a-4a53-9d0a-0123456789ab\""), "\"#\"");
  EXPECT_EQ(Relative("\"resourceVersion\":\"4711\",\"a\":2"), ",\"a\":2");
  EXPECT_EQ(Relative("2026-03-02 is no time, etl-12 no slot"), "2026-03-02 is no time, etl-12 no slot");
  EXPECT_EQ(Relative(""), "");
}

TEST(MoveSlotName, SlotsOfSeveralInAMinuteAreSeconds) {
  std::string name = "etl-1767229230";
  EXPECT_TRUE(MoveSlotName(name, "etl", hours(1)));
  EXPECT_EQ(name, "etl-1767232830");
  std::string relative;
  AppendRelative(relative, name, FromUnixSeconds(1767232800));
  EXPECT_EQ(relative, "etl~30");
}

TEST(MoveSlotName, MovesOnlyThatCronJobsJobs) {
  std::string name = "etl-29540760";
  EXPECT_TRUE(MoveSlotName(name, "etl", hours(1)));
  EXPECT_EQ(name, "etl-29540820");
  for (std::string other : {"etl", "etl-7", "etl-29540760-x9k2p", "load-29540760", ""}) {
    const std::string before = other;
    EXPECT_FALSE(MoveSlotName(other, "etl", hours(1)));
    EXPECT_EQ(other, before);
  }
}

}  // namespace
}  // namespace belfry::simulation
