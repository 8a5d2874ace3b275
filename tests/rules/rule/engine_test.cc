#include "rules/rule/engine.h"

#include <gmock/gmock.h>

#include "tests/rules/rule/engine_fixture.h"

namespace belfry::rule {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::string_view kFailed = R"(groups:
- name: g
  rules:
  - alert: Failed
    expr: failed > 0
    for: 5m
    labels: {severity: warning}
    annotations: {summary: "{{ $labels.job }} {{ $value }}"}
)";

constexpr std::string_view kImmediate = "groups: [{name: g, rules: [{alert: Failed, expr: failed > 0}]}]";

TEST_F(EngineTest, AnAlertGoesFromPendingToFiringToResolved) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 0);
  loop_.Advance(minutes(2));
  EXPECT_EQ(StateOf(), "inactive");
  Set("failed{job=\"etl\"}", 2);
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "pending");
  loop_.Advance(minutes(4));
  EXPECT_EQ(StateOf(), "pending");
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "firing");
  const Alert& alert = handed_.back().alerts.at(0);
  EXPECT_EQ(alert.labels, (model::Labels{{"alertname", "Failed"}, {"job", "etl"}, {"severity", "warning"}}));
  EXPECT_EQ(alert.annotations->at("summary"), "etl 2");
  EXPECT_EQ(alert.active_at, kNoon + minutes(3));
  EXPECT_EQ(alert.fired_at, kNoon + minutes(8));
  Set("failed{job=\"etl\"}", 0);
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "inactive");
  ASSERT_THAT(handed_.back().alerts, SizeIs(1));
  EXPECT_EQ(handed_.back().alerts[0].resolved_at, kNoon + minutes(9));
  loop_.Advance(minutes(15));
  EXPECT_THAT(handed_.back().alerts, SizeIs(1));
  loop_.Advance(minutes(1));
  EXPECT_THAT(handed_.back().alerts, IsEmpty());
}

TEST_F(EngineTest, GroupsRunAtMultiplesOfTheirInterval) {
  loop_.Advance(seconds(17));
  Start("groups: [{name: a, interval: 30s}, {name: b, interval: 1m}]");
  loop_.Advance(minutes(2));
  std::vector<std::pair<std::string, int64_t>> runs;
  for (const Handed& handed : handed_) runs.emplace_back(handed.group, (handed.at - kNoon) / seconds(1));
  EXPECT_THAT(runs, UnorderedElementsAre(Pair("a", 30), Pair("a", 60), Pair("a", 90), Pair("a", 120),
                                         Pair("b", 60), Pair("b", 120)));
}

TEST_F(EngineTest, ASlowEvaluationSkipsWholeSlotsAndKeepsThePhase) {
  Start(kFailed);
  on_provide_ = [this] {
    on_provide_ = nullptr;
    loop_.Advance(seconds(150));
  };
  loop_.Advance(minutes(5));
  std::vector<int64_t> runs;
  for (const Handed& handed : handed_) runs.push_back((handed.at - kNoon) / seconds(1));
  EXPECT_THAT(runs, ElementsAre(60, 240, 300));
  const GroupCounters counters = engine_->Snapshot()->groups[0].counters;
  EXPECT_EQ(counters.iterations, 3u);
  EXPECT_EQ(counters.missed, 2u);
  EXPECT_EQ(counters.total_time, seconds(150));
}

TEST_F(EngineTest, LaterRulesSeeWhatEarlierOnesReturned) {
  Start(R"(groups:
- name: g
  rules:
  - {record: "job:failed:sum", expr: sum(failed), labels: {by: rule}}
  - {alert: TooMany, expr: 'job:failed:sum > 2'}
  - {record: alerts, expr: 'count(ALERTS{alertstate="firing", alertname="TooMany"})'}
  - {record: since, expr: 'ALERTS_FOR_STATE'}
)");
  Set("failed{job=\"a\"}", 1);
  Set("failed{job=\"b\"}", 2);
  loop_.Advance(minutes(1));
  EXPECT_THAT(Query("job:failed:sum"), ElementsAre(Pair("job:failed:sum{by=\"rule\"}", 3)));
  EXPECT_THAT(Query("ALERTS"),
              ElementsAre(Pair("ALERTS{alertname=\"TooMany\", alertstate=\"firing\", by=\"rule\"}", 1)));
  EXPECT_THAT(Query("alerts"), ElementsAre(Pair("alerts", 1)));
  EXPECT_THAT(Query("since"), ElementsAre(Pair("since{alertname=\"TooMany\", by=\"rule\"}",
                                               static_cast<double>(ToUnixSeconds(kNoon + minutes(1))))));
  Unset("failed{job=\"a\"}");
  Unset("failed{job=\"b\"}");
  loop_.Advance(minutes(1));
  EXPECT_THAT(Query("{__name__=~\".+\"}"), IsEmpty());
}

TEST_F(EngineTest, AFailingRuleIsSeenAndLeavesTheOthersAlone) {
  Start(R"(groups:
- name: g
  rules:
  - {alert: Dead, expr: 'left * on (job) right > 0'}
  - {alert: Alive, expr: 'left > 0'}
- name: other
  rules: [{alert: Fine, expr: 'left > 0'}]
)");
  Set("left{job=\"a\"}", 1);
  Set("right{job=\"a\"}", 1);
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(0, 0), "firing");
  Set("right{job=\"a\", host=\"2\"}", 1);
  loop_.Advance(minutes(2));
  EXPECT_EQ(Rule(0, 0).health, Health::kError);
  EXPECT_THAT(Rule(0, 0).last_error, HasSubstr("found duplicate series"));
  EXPECT_EQ(StateOf(0, 0), "firing") << "what cannot be evaluated is not resolved";
  EXPECT_EQ(Rule(0, 1).health, Health::kOk);
  EXPECT_EQ(StateOf(0, 1), "firing");
  EXPECT_EQ(StateOf(1, 0), "firing");
  EXPECT_EQ(engine_->Snapshot()->groups[0].counters.failures, 2u);
  EXPECT_EQ(engine_->Snapshot()->groups[0].counters.evaluations, 6u);
  Unset("right{job=\"a\", host=\"2\"}");
  loop_.Advance(minutes(1));
  EXPECT_EQ(Rule(0, 0).health, Health::kOk);
  EXPECT_EQ(Rule(0, 0).last_error, "");
}

TEST_F(EngineTest, ResultsThatAreNoVectorAreErrors) {
  Start(
      "groups: [{name: g, rules: [{alert: A, expr: '\"text\"'}, {alert: B, expr: 'failed[5m]'}, {alert: C, "
      "expr: '1'}]}]");
  loop_.Advance(minutes(1));
  EXPECT_EQ(Rule(0, 0).last_error, "rule result is not a vector or scalar");
  EXPECT_EQ(Rule(0, 1).last_error, "rule result is not a vector or scalar");
  EXPECT_EQ(StateOf(0, 2), "firing");
}

TEST_F(EngineTest, ARuleAboveItsLimitHasNoAlerts) {
  Start("groups: [{name: g, limit: 1, rules: [{alert: A, expr: failed > 0}]}]");
  Set("failed{job=\"a\"}", 1);
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "firing");
  Set("failed{job=\"b\"}", 1);
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "inactive");
  EXPECT_EQ(Rule().last_error, "exceeded limit of 1 with 2 alerts");
  EXPECT_THAT(handed_.back().alerts, IsEmpty());
}

TEST_F(EngineTest, RulesRecognisedAfterAReloadKeepTheirAlerts) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(4));
  std::string changed(kFailed);
  changed.replace(changed.find("{{ $value }}"), 12, "new text");
  ASSERT_TRUE(engine_->SetGroups(Groups(changed)).ok());
  EXPECT_EQ(StateOf(), "pending");
  EXPECT_THAT(Query("ALERTS"), SizeIs(1));
  loop_.Advance(minutes(2));
  EXPECT_EQ(StateOf(), "firing");
  EXPECT_EQ(handed_.back().alerts[0].active_at, kNoon + minutes(1));
  EXPECT_EQ(handed_.back().alerts[0].annotations->at("summary"), "etl new text");
  EXPECT_EQ(engine_->Snapshot()->groups[0].counters.iterations, 6u);
}

TEST_F(EngineTest, AlertsOfARuleThatGoesAreToldToBeOver) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(7));
  EXPECT_EQ(StateOf(), "firing");
  std::string other(kFailed);
  other.replace(other.find("severity: warning"), 17, "severity: page");
  handed_.clear();
  ASSERT_TRUE(engine_->SetGroups(Groups(other)).ok());
  ASSERT_THAT(handed_, SizeIs(1));
  ASSERT_THAT(handed_[0].alerts, SizeIs(1));
  EXPECT_EQ(handed_[0].alerts[0].resolved_at, loop_.Now());
  EXPECT_EQ(handed_[0].alerts[0].labels->Get("severity"), "warning");
  EXPECT_THAT(Query("ALERTS"), IsEmpty());
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "pending");
}

TEST_F(EngineTest, ABadGroupChangesNothing) {
  Start(kFailed);
  GroupSpec bad{.file = "f", .name = "bad", .rules = {{.alert = "X", .expr = "up("}}};
  const auto set = engine_->SetGroups({bad});
  ASSERT_FALSE(set.ok());
  EXPECT_THAT(set.error().message, HasSubstr("f: group \"bad\": rule \"X\": could not parse expression"));
  EXPECT_EQ(engine_->Snapshot()->groups[0].spec->name, "g");
}

TEST_F(EngineTest, AnAlertWithoutForFiresInTheTurnOfTheChange) {
  Start(kImmediate);
  loop_.Advance(seconds(10));
  Set("failed{job=\"etl\"}", 1);
  engine_->EvaluateSoon();
  EXPECT_THAT(handed_, IsEmpty()) << "the change itself is not held up";
  loop_.RunUntilIdle();
  ASSERT_THAT(handed_, SizeIs(1));
  EXPECT_EQ(handed_[0].at, kNoon + seconds(10));
  EXPECT_EQ(handed_[0].alerts.at(0).state, AlertState::kFiring);
  loop_.Advance(seconds(50));
  EXPECT_THAT(handed_, SizeIs(2)) << "the slot is kept";
}

TEST_F(EngineTest, GroupsThatWaitForTheirAlertsAreNotEvaluatedAtOnce) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 1);
  engine_->EvaluateSoon();
  loop_.Advance(seconds(30));
  EXPECT_THAT(handed_, IsEmpty());
}

TEST_F(EngineTest, AStormOfChangesCostsABoundedShare) {
  Start(kImmediate);
  on_provide_ = [this] { loop_.Advance(milliseconds(10)); };  // what an evaluation takes
  for (int i = 0; i < 1000; ++i) {
    for (int j = 0; j < 10; ++j) engine_->EvaluateSoon();
    loop_.Advance(milliseconds(1));
  }
  const EngineCounters counters = engine_->Snapshot()->counters;
  EXPECT_EQ(counters.immediate_requests, 10'000u);
  EXPECT_LE(counters.immediate_evaluations, 12u);
  EXPECT_GE(counters.immediate_evaluations, 9u);
  // The last change of the storm is not forgotten.
  Set("failed{job=\"late\"}", 1);
  engine_->EvaluateSoon();
  loop_.Advance(milliseconds(150));
  EXPECT_EQ(StateOf(), "firing");
}

TEST_F(EngineTest, AClockSetForwardDoesNotCountTowardsFor) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(2));
  loop_.JumpClock(hours(3));
  loop_.Advance(minutes(3));
  EXPECT_EQ(StateOf(), "pending");
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "firing");
  EXPECT_EQ(engine_->Snapshot()->groups[0].counters.missed, 0u);
}

TEST_F(EngineTest, AClockSetBackHoldsNothingUp) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(2));
  loop_.JumpClock(-hours(3));
  const size_t runs = handed_.size();
  loop_.Advance(minutes(4));
  EXPECT_EQ(handed_.size(), runs + 4);
  EXPECT_EQ(StateOf(), "firing");
}

TEST_F(EngineTest, QueryOffsetLooksAndWritesInThePastButCountsForInThePresent) {
  Start(
      "groups: [{name: g, query_offset: 30s, rules: [{alert: A, expr: failed > 0, for: 1m}, {record: t, "
      "expr: time()}]}]");
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(2));
  EXPECT_EQ(handed_.back().alerts.at(0).active_at, kNoon + minutes(1));
  EXPECT_EQ(StateOf(), "firing");
  EXPECT_THAT(Query("t"), ElementsAre(Pair("t", static_cast<double>(ToUnixSeconds(kNoon)) + 90)));
  EXPECT_THAT(Query("timestamp(t)"), ElementsAre(Pair("{}", static_cast<double>(ToUnixSeconds(kNoon)) + 90)));
}

TEST_F(EngineTest, TemplatesMayQuery) {
  Start(R"Y(groups:
- name: g
  rules:
  - alert: A
    expr: failed > 0
    annotations:
      total: '{{ with query "sum(failed)" }}{{ . | first | value }}{{ end }}'
      wrong: '{{ query "sum(" }}'
      cluster: '{{ $externalLabels.cluster }} {{ externalURL }}'
)Y");
  Set("failed{job=\"a\"}", 1);
  Set("failed{job=\"b\"}", 2);
  loop_.Advance(minutes(1));
  const Alert& alert = handed_.back().alerts.at(0);
  EXPECT_EQ(alert.annotations->at("total"), "3");
  EXPECT_EQ(alert.annotations->at("cluster"), "c1 http://h");
  EXPECT_THAT(alert.annotations->at("wrong"), testing::StartsWith("<error expanding template: "));
  EXPECT_EQ(Rule().health, Health::kOk);
}

TEST_F(EngineTest, ResultsGoToTheHistoryAndEndThere) {
  storage::Head head;
  options_.history = &head;
  options_.keep = [](std::string_view name, model::LabelsView) { return name != "unwanted"; };
  Start(
      "groups: [{name: g, rules: [{record: kept, expr: failed}, {record: unwanted, expr: failed}, {alert: A, "
      "expr: failed, for: 2m}]}]");
  Set("failed{job=\"a\"}", 1);
  loop_.Advance(minutes(3));
  Unset("failed{job=\"a\"}");
  loop_.Advance(minutes(1));
  const auto values = [&](const char* text) {
    auto expr = promql::Parse(text);
    auto value = promql::EvaluateInstant(**expr, loop_.Now(), head);
    return std::get<promql::Vector>(*value);
  };
  ASSERT_THAT(values("count_over_time(kept[10m])"), SizeIs(1));
  EXPECT_EQ(values("count_over_time(kept[10m])")[0].value, 3);
  EXPECT_THAT(values("kept"), IsEmpty()) << "a marker ends the series";
  EXPECT_THAT(values("count_over_time(unwanted[10m])"), IsEmpty());
  EXPECT_EQ(values("count_over_time(ALERTS{alertstate=\"pending\"}[10m])")[0].value, 2);
  EXPECT_EQ(values("count_over_time(ALERTS{alertstate=\"firing\"}[10m])")[0].value, 1);
  EXPECT_THAT(values("ALERTS"), IsEmpty());
}

TEST_F(EngineTest, TheDialectSaysWhetherEmptyAnnotationsStay) {
  const char* rules = "groups: [{name: g, rules: [{alert: A, expr: '1', annotations: {e: '', t: x}}]}]";
  Start(rules);
  loop_.Advance(minutes(1));
  EXPECT_THAT(*handed_.back().alerts.at(0).annotations, ElementsAre(Pair("t", "x")));
  Crash();
  files_ = FakeFileSystem();
  options_.eval.dialect = promql::Dialect::kPrometheus2;
  Start(rules);
  loop_.Advance(minutes(1));
  EXPECT_THAT(*handed_.back().alerts.at(0).annotations, ElementsAre(Pair("e", ""), Pair("t", "x")));
}

TEST_F(EngineTest, SnapshotsDoNotChange) {
  Start(kFailed);
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(1));
  const auto before = engine_->Snapshot();
  EXPECT_EQ(before, engine_->Snapshot());
  loop_.Advance(minutes(5));
  EXPECT_EQ(before->groups[0].rules[0].state, AlertState::kPending);
  EXPECT_EQ(engine_->Snapshot()->groups[0].rules[0].state, AlertState::kFiring);
  ASSERT_TRUE(engine_->SetGroups({}).ok());
  EXPECT_EQ(before->groups[0].rules[0].spec->alert, "Failed");
}

}  // namespace
}  // namespace belfry::rule
