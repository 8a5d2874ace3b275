#include "rules/rule/alert_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace belfry::rule {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Instant kStart = FromUnixSeconds(1'700'000'000);

AlertingRule MakeRule(Duration hold, Duration keep_firing = Duration(0), TextMap labels = {},
                      TextMap annotations = {}) {
  const RuleSpec spec{.alert = "A",
                      .expr = "up",
                      .for_duration = hold,
                      .keep_firing_for = keep_firing,
                      .labels = std::move(labels),
                      .annotations = std::move(annotations)};
  return *Compile(spec, 0, promql::Dialect::kPrometheus3, "http://h")->alerting();
}

Result<Alerts> Decide(const AlertingRule& rule, const Alerts& previous, const promql::Vector& result,
                      Instant now) {
  const model::Labels external{{"cluster", "c1"}};
  const tmpl::QueryFunction query;
  return DecideAlerts(rule, previous, result, {external, "http://h", query}, now);
}

promql::Vector One(double value = 1, const std::string& job = "etl") {
  return {{model::Labels{{"__name__", "failed"}, {"job", job}}, storage::ToMillis(kStart), value}};
}

Alert With(AlertState state, Instant active_at, std::optional<Instant> fired = {},
           std::optional<Instant> resolved = {}, std::optional<Instant> keep = {}) {
  Alert alert;
  alert.labels = model::Labels{{"alertname", "A"}, {"job", "etl"}};
  alert.state = state;
  alert.active_at = active_at;
  alert.fired_at = fired;
  alert.resolved_at = resolved;
  alert.keep_firing_since = keep;
  return alert;
}

struct Row {
  const char* name;
  Duration hold;
  Duration keep_firing;
  std::optional<Alert> before;
  bool in_result;
  std::optional<Alert> after;  // value, texts and URL aside
};

constexpr AlertState kInactive = AlertState::kInactive;
constexpr AlertState kPending = AlertState::kPending;
constexpr AlertState kFiring = AlertState::kFiring;

// Each row of the table in docs/rules.md, with `now` = kStart.
std::vector<Row> Table() {
  const Instant t = kStart;
  const auto ago = [&](Duration d) { return t - d; };
  const auto m = [](int n) { return minutes(n); };
  const Duration no(0);
  return {
      {"absent stays absent", m(5), no, {}, false, {}},
      {"absent becomes pending", m(5), no, {}, true, With(kPending, t)},
      {"absent fires at once without for", no, no, {}, true, With(kFiring, t, t)},
      {"pending waits", m(5), no, With(kPending, ago(m(4))), true, With(kPending, ago(m(4)))},
      {"pending fires when for has passed", m(5), no, With(kPending, ago(m(5))), true,
       With(kFiring, ago(m(5)), t)},
      {"pending fires after for has passed", m(5), no, With(kPending, ago(m(6))), true,
       With(kFiring, ago(m(6)), t)},
      {"pending is dropped without a trace", m(5), no, With(kPending, ago(m(4))), false, {}},
      {"pending is dropped in spite of keep_firing_for", m(5), m(10), With(kPending, ago(m(4))), false, {}},
      {"firing goes on", m(5), no, With(kFiring, ago(m(9)), ago(m(4))), true,
       With(kFiring, ago(m(9)), ago(m(4)))},
      {"firing again resets the keep-firing clock", m(5), m(10),
       With(kFiring, ago(m(9)), ago(m(4)), {}, ago(m(2))), true, With(kFiring, ago(m(9)), ago(m(4)))},
      {"firing goes back to pending when for was raised above its age", m(20), no,
       With(kFiring, ago(m(9)), ago(m(4))), true, With(kPending, ago(m(9)))},
      {"keep-firing clock starts at the first miss", m(5), m(10), With(kFiring, ago(m(9)), ago(m(4))), false,
       With(kFiring, ago(m(9)), ago(m(4)), {}, t)},
      {"keep-firing lasts", m(5), m(10), With(kFiring, ago(m(30)), ago(m(25)), {}, ago(m(9))), false,
       With(kFiring, ago(m(30)), ago(m(25)), {}, ago(m(9)))},
      {"keep-firing is used up", m(5), m(10), With(kFiring, ago(m(30)), ago(m(25)), {}, ago(m(10))), false,
       With(kInactive, ago(m(30)), ago(m(25)), t)},
      {"firing resolves", m(5), no, With(kFiring, ago(m(9)), ago(m(4))), false,
       With(kInactive, ago(m(9)), ago(m(4)), t)},
      {"resolved is kept", m(5), no, With(kInactive, ago(m(30)), ago(m(25)), ago(m(15))), false,
       With(kInactive, ago(m(30)), ago(m(25)), ago(m(15)))},
      {"resolved is dropped after fifteen minutes",
       m(5),
       no,
       With(kInactive, ago(m(30)), ago(m(25)), ago(m(15) + seconds(1))),
       false,
       {}},
      {"resolved begins anew", m(5), no, With(kInactive, ago(m(30)), ago(m(25)), ago(m(2))), true,
       With(kPending, t)},
      {"resolved begins anew and fires at once without for", no, no,
       With(kInactive, ago(m(30)), ago(m(25)), ago(m(2))), true, With(kFiring, t, t)},
      {"a clock set back does not make pending wait longer than for", m(5), no, With(kPending, t + hours(2)),
       true, With(kPending, t)},
      {"a clock set back leaves firing alone", m(5), no, With(kFiring, t + hours(2), t + hours(2)), true,
       With(kFiring, ago(m(5)), t + hours(2))},
      {"a clock set back keeps resolved from staying for ever", m(5), no, With(kInactive, t, t, t + hours(2)),
       false, With(kInactive, t, t, t)},
  };
}

TEST(DecideAlerts, FollowsTheTable) {
  for (const Row& row : Table()) {
    Alerts before;
    if (row.before) before.push_back(*row.before);
    auto after =
        Decide(MakeRule(row.hold, row.keep_firing), before, row.in_result ? One() : promql::Vector{}, kStart);
    ASSERT_TRUE(after.ok()) << row.name;
    ASSERT_EQ(after->size(), row.after ? 1u : 0u) << row.name;
    if (!row.after) continue;
    const Alert& got = after->front();
    EXPECT_EQ(got.labels, row.after->labels) << row.name;
    EXPECT_EQ(got.state, row.after->state) << row.name;
    EXPECT_EQ(got.active_at, row.after->active_at) << row.name;
    EXPECT_EQ(got.fired_at, row.after->fired_at) << row.name;
    EXPECT_EQ(got.resolved_at, row.after->resolved_at) << row.name;
    EXPECT_EQ(got.keep_firing_since, row.after->keep_firing_since) << row.name;
  }
}

TEST(DecideAlerts, NamesLabelsAndTexts) {
  const AlertingRule rule =
      MakeRule(Duration(0), Duration(0),
               {{"severity", "{{ if gt $value 5.0 }}page{{ else }}warn{{ end }}"},
                {"alertname", "Other"},
                {"job", ""}},
               {{"summary", "{{ $labels.job }} at {{ $value }} in {{ $externalLabels.cluster }}"}});
  auto alerts = Decide(rule, {}, One(7), kStart);
  ASSERT_THAT(*alerts, SizeIs(1));
  EXPECT_EQ((*alerts)[0].labels, (model::Labels{{"alertname", "A"}, {"severity", "page"}}));
  EXPECT_EQ((*alerts)[0].annotations->at("summary"), "etl at 7 in c1");
  EXPECT_EQ((*alerts)[0].value, 7);
  EXPECT_EQ((*alerts)[0].generator_url, "http://h/graph?g0.expr=up&g0.tab=1");
}

TEST(DecideAlerts, RefreshesTextsWhileFoundAndFreezesThemAfterwards) {
  const AlertingRule rule = MakeRule(Duration(0), minutes(10), {}, {{"v", "{{ $value }}"}});
  Alerts alerts = *Decide(rule, {}, One(1), kStart);
  alerts = *Decide(rule, alerts, One(2), kStart + minutes(1));
  EXPECT_EQ(alerts[0].annotations->at("v"), "2");
  alerts = *Decide(rule, alerts, {}, kStart + minutes(2));
  EXPECT_EQ(alerts[0].annotations->at("v"), "2");
  EXPECT_EQ(alerts[0].state, AlertState::kFiring);
}

TEST(DecideAlerts, TextsOfLabelsAloneStayWithTheLabels) {
  const auto rule = [](const char* text) {
    return MakeRule(Duration(0), Duration(0), {{"severity", "page"}}, {{"v", text}});
  };
  const AlertingRule first = rule("{{ $labels.job }} failed");
  const Alerts before = *Decide(first, {}, One(1), kStart);
  const Alerts after = *Decide(first, before, One(2), kStart + minutes(1));
  EXPECT_TRUE(after[0].annotations.SharesWith(before[0].annotations));
  EXPECT_TRUE(after[0].labels.SharesWith(before[0].labels));
  EXPECT_EQ(after[0].value, 2);
  // After a reload the alerts of before are another rule's.
  const Alerts reloaded = *Decide(rule("{{ $labels.job }} is broken"), after, One(3), kStart + minutes(2));
  EXPECT_EQ(reloaded[0].annotations->at("v"), "etl is broken");
  EXPECT_EQ(reloaded[0].active_at, kStart);
}

// The alert's labels stay although those of the sample do not.
TEST(DecideAlerts, TextsOfLabelsThatTheRuleChangesAreMadeAnew) {
  const AlertingRule rule = MakeRule(Duration(0), Duration(0), {{"job", "same"}},
                                     {{"job", "{{ $labels.job }}"}, {"name", "{{ $labels.__name__ }}"}});
  Alerts alerts = *Decide(rule, {}, One(1, "a"), kStart);
  promql::Vector renamed = One(1, "b");
  renamed[0].labels.Set(model::kMetricName, "broken");
  alerts = *Decide(rule, alerts, renamed, kStart + minutes(1));
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].active_at, kStart);
  EXPECT_EQ(alerts[0].annotations->at("job"), "b");
  EXPECT_EQ(alerts[0].annotations->at("name"), "broken");
}

// Results of any elements in any order: texts that may be kept and texts that may not come to the same.
TEST(DecideAlerts, KeptTextsAreWhatNewOnesWouldBe) {
  const TextMap labels{{"severity", "page"}};
  const AlertingRule kept = MakeRule(minutes(2), minutes(3), labels, {{"v", "{{ $labels.job }}"}});
  const AlertingRule made = MakeRule(minutes(2), minutes(3), labels, {{"v", "{{ print $labels.job }}"}});
  ASSERT_TRUE(kept.annotations_of_labels);
  ASSERT_FALSE(made.annotations_of_labels);
  std::mt19937 random(7);
  Alerts one;
  Alerts other;
  for (int step = 0; step < 500; ++step) {
    promql::Vector result;
    for (char job = 'a'; job < 'm'; ++job)
      if (random() % 3 != 0) result.push_back(One(static_cast<double>(random() % 5), std::string(1, job))[0]);
    if (random() % 2 == 0) std::shuffle(result.begin(), result.end(), random);
    const Instant now = kStart + minutes(step);
    one = *Decide(kept, one, result, now);
    other = *Decide(made, other, result, now);
    ASSERT_EQ(one, other) << step;
    for (const Alert& alert : one) ASSERT_EQ(alert.annotations->at("v"), alert.labels->Get("job")) << step;
  }
}

TEST(DecideAlerts, ALabelMadeOfTheValueNeverReachesFor) {
  const AlertingRule rule = MakeRule(minutes(2), Duration(0), {{"v", "{{ $value }}"}});
  Alerts alerts;
  for (int i = 0; i < 10; ++i) {
    alerts = *Decide(rule, alerts, One(i), kStart + minutes(i));
    ASSERT_THAT(alerts, SizeIs(1));
    EXPECT_EQ(alerts[0].state, AlertState::kPending);
  }
}

TEST(DecideAlerts, AZeroFiresAsWell) {
  EXPECT_EQ((*Decide(MakeRule(Duration(0)), {}, One(0), kStart))[0].state, AlertState::kFiring);
}

TEST(DecideAlerts, RefusesTheSameLabelsTwice) {
  const AlertingRule rule = MakeRule(Duration(0), Duration(0), {{"job", "same"}});
  promql::Vector two = One();
  two.push_back(One(1, "other")[0]);
  auto alerts = Decide(rule, {}, two, kStart);
  ASSERT_FALSE(alerts.ok());
  EXPECT_EQ(alerts.error().message,
            "vector contains metrics with the same labelset after applying alert labels");
  const Alerts known = *Decide(rule, {}, One(), kStart);
  EXPECT_FALSE(Decide(rule, known, two, kStart + minutes(1)).ok());
}

TEST(DecideAlerts, RefusesMoreThanTheLimitAndDoesNotCountResolvedOnes) {
  AlertingRule rule = MakeRule(Duration(0));
  rule.limit = 1;
  promql::Vector two = One();
  two.push_back(One(1, "other")[0]);
  auto over = Decide(rule, {}, two, kStart);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, Code::kTooLarge);
  EXPECT_EQ(over.error().message, "exceeded limit of 1 with 2 alerts");
  const Alerts first = *Decide(rule, {}, One(), kStart);
  EXPECT_THAT(*Decide(rule, first, One(1, "other"), kStart + minutes(1)), SizeIs(2));
}

TEST(DecideAlerts, KeepsTheOrderOfThoseItKnows) {
  const AlertingRule rule = MakeRule(minutes(5));
  promql::Vector result = One(1, "b");
  Alerts alerts = *Decide(rule, {}, result, kStart);
  result.insert(result.begin(), One(1, "a")[0]);
  alerts = *Decide(rule, alerts, result, kStart + minutes(1));
  ASSERT_THAT(alerts, SizeIs(2));
  EXPECT_EQ(alerts[0].labels->Get("job"), "b");
  EXPECT_EQ(alerts[1].labels->Get("job"), "a");
}

TEST(DecideRecording, RenamesAndLabels) {
  const RuleSpec spec{.record = "r", .expr = "up", .labels = {{"job", ""}, {"team", "x"}}};
  const Rule rule = *Compile(spec, 0, promql::Dialect::kPrometheus3, "");
  auto out = DecideRecording(*rule.recording(), One(3));
  ASSERT_THAT(*out, SizeIs(1));
  EXPECT_EQ((*out)[0].labels, (model::Labels{{"__name__", "r"}, {"team", "x"}}));
  promql::Vector two = One();
  two.push_back(One(1, "other")[0]);
  EXPECT_THAT(DecideRecording(*rule.recording(), two).error().message,
              HasSubstr("same labelset after applying rule labels"));
  RecordingRule limited = *rule.recording();
  limited.limit = 1;
  EXPECT_EQ(DecideRecording(limited, two).error().message, "exceeded limit of 1 with 2 series");
}

TEST(HighestState, IsTheFurthest) {
  EXPECT_EQ(HighestState({}), AlertState::kInactive);
  const Alerts alerts = {With(kPending, kStart), With(kInactive, kStart), With(kFiring, kStart)};
  EXPECT_EQ(HighestState(alerts), AlertState::kFiring);
  EXPECT_EQ(HighestState(std::span(alerts).first(2)), AlertState::kPending);
}

// A label set has no empty values in 3.x; in 2.x annotations had.
// Each text alone is within its bound; what counts is what a rule takes.
TEST(DecideAlerts, TheTemplatesOfARuleShareABudget) {
  const AlertingRule rule =
      MakeRule(minutes(5), Duration(0), {}, {{"summary", "{{ range query \"x\" }}{{ .Value }}{{ end }}"}});
  const model::Labels external;
  const tmpl::QueryFunction query = [](std::string_view, Instant) {
    return Result<std::vector<tmpl::QuerySample>>(std::vector<tmpl::QuerySample>(100));
  };
  promql::Vector found;
  for (int i = 0; i < 50; ++i) found.push_back(One(1, std::to_string(i))[0]);
  const AlertTexts enough{external, "http://h", query};
  const auto alerts = DecideAlerts(rule, {}, found, enough, kStart);
  ASSERT_TRUE(alerts.ok());
  EXPECT_THAT(alerts->back().annotations->at("summary"), SizeIs(100));
  const AlertTexts few{
      .external_labels = external, .external_url = "http://h", .query = query, .max_steps = 1000};
  const auto given_up = DecideAlerts(rule, *alerts, found, few, kStart);
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().code, Code::kFailedPrecondition);  // so the alerts stay as they are
  EXPECT_THAT(given_up.error().message,
              testing::MatchesRegex("templates take more than 1000 steps: given up after "
                                    "[1-9] of 50 alerts"));
  const promql::Vector one{found[0]};
  EXPECT_TRUE(DecideAlerts(rule, {}, one, few, kStart).ok());
}

TEST(DecideAlerts, TextsThatExpandToNothingAreLeftOut) {
  const AlertingRule rule = MakeRule(
      Duration(0), Duration(0), {{"gone", "{{ $labels.missing }}"}, {"job", "{{ \"\" }}"}, {"kept", "x"}},
      {{"empty", ""}, {"none", "{{ $labels.missing }}"}, {"text", "{{ $value }}"}});
  const auto alerts = Decide(rule, {}, One(), kStart);
  ASSERT_TRUE(alerts.ok());
  EXPECT_EQ(alerts->at(0).labels, (model::Labels{{"alertname", "A"}, {"kept", "x"}}));
  EXPECT_EQ(alerts->at(0).annotations, (std::map<std::string, std::string>{{"text", "1"}}));
  const model::Labels external;
  const auto old =
      DecideAlerts(rule, {}, One(), {external, "http://h", {}, /*keep_empty_annotations=*/true}, kStart);
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old->at(0).labels, alerts->at(0).labels);
  EXPECT_EQ(old->at(0).annotations,
            (std::map<std::string, std::string>{{"empty", ""}, {"none", ""}, {"text", "1"}}));
}

}  // namespace
}  // namespace belfry::rule
