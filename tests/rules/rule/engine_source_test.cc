// The engine's metrics: every family of Prometheus' rule manager under its name, type and labels.
#include "rules/rule/engine_source.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "tests/rules/rule/engine_fixture.h"

namespace belfry::rule {
namespace {

using model::MetricType;
using testing::IsSupersetOf;

class EngineSourceTest : public EngineTest {
 protected:
  struct Seen {
    std::map<std::string, MetricType> families;
    std::map<std::string, double> series;

    double at(const std::string& name) const {
      const auto found = series.find(name);
      if (found == series.end()) ADD_FAILURE() << "no series " << name;
      return found == series.end() ? std::nan("") : found->second;
    }
    // Of the group `g`.
    double Of(const std::string& name) const { return at(name + "{rule_group=\"r.yaml;g\"}"); }
  };

  Seen Take() {
    EngineSource source(*engine_);
    const auto snapshot = source.Take();
    Seen seen;
    for (size_t i = 0; i < snapshot->families().size(); ++i) {
      const model::Family& family = snapshot->families()[i];
      EXPECT_FALSE(family.help.empty()) << family.name;
      EXPECT_TRUE(seen.families.emplace(family.name, family.type).second) << family.name;
      snapshot->Visit(i, [&](std::string_view name, model::LabelsView labels, double value) {
        EXPECT_TRUE(name.starts_with(family.name)) << name;
        const std::string series = model::Labels::Of(name, labels).ToString();
        EXPECT_TRUE(seen.series.emplace(series, value).second) << series << " twice";
      });
    }
    return seen;
  }
};

constexpr std::string_view kRules = R"(groups:
- name: g
  interval: 30s
  rules:
  - {record: two, expr: failed}
  - {alert: Failed, expr: failed > 0, for: 5m, labels: {severity: warning}}
  - {record: bad, expr: '"text"'}
)";

TEST_F(EngineSourceTest, HasPrometheusFamiliesWithTheirTypes) {
  Start(kRules);
  constexpr auto kGauge = MetricType::kGauge;
  constexpr auto kCounter = MetricType::kCounter;
  constexpr auto kSummary = MetricType::kSummary;
  EXPECT_THAT(Take().families, IsSupersetOf(std::map<std::string, MetricType>{
                                   {"prometheus_rule_evaluation_duration_seconds", kSummary},
                                   {"prometheus_rule_evaluation_failures", kCounter},
                                   {"prometheus_rule_evaluations", kCounter},
                                   {"prometheus_rule_group_duration_seconds", kSummary},
                                   {"prometheus_rule_group_interval_seconds", kGauge},
                                   {"prometheus_rule_group_iterations_missed", kCounter},
                                   {"prometheus_rule_group_iterations", kCounter},
                                   {"prometheus_rule_group_last_duration_seconds", kGauge},
                                   {"prometheus_rule_group_last_evaluation_samples", kGauge},
                                   {"prometheus_rule_group_last_evaluation_timestamp_seconds", kGauge},
                                   {"prometheus_rule_group_last_restore_duration_seconds", kGauge},
                                   {"prometheus_rule_group_last_rule_duration_sum_seconds", kGauge},
                                   {"prometheus_rule_group_rules", kGauge},
                               }));
}

TEST_F(EngineSourceTest, CountsByGroup) {
  Start(kRules);
  Set("failed{job=\"a\"}", 1);
  Set("failed{job=\"b\"}", 0);
  loop_.Advance(minutes(1));
  const Seen seen = Take();
  EXPECT_EQ(seen.Of("prometheus_rule_evaluations_total"), 6);
  EXPECT_EQ(seen.Of("prometheus_rule_evaluation_failures_total"), 2);
  EXPECT_EQ(seen.Of("prometheus_rule_group_iterations_total"), 2);
  EXPECT_EQ(seen.Of("prometheus_rule_group_iterations_missed_total"), 0);
  EXPECT_EQ(seen.Of("prometheus_rule_group_last_evaluation_timestamp_seconds"),
            ToUnixSecondsF(kNoon + minutes(1)));
  EXPECT_EQ(seen.Of("prometheus_rule_group_last_evaluation_samples"), 3);
  EXPECT_EQ(seen.Of("prometheus_rule_group_interval_seconds"), 30);
  EXPECT_EQ(seen.Of("prometheus_rule_group_rules"), 3);
  EXPECT_EQ(seen.at("belfry_rule_state_errors_total"), 0);
}

TEST_F(EngineSourceTest, MissedIterationsAreIterationsAsWell) {
  Start(kRules);
  on_provide_ = [this] {
    on_provide_ = nullptr;
    loop_.Advance(seconds(100));
  };
  loop_.Advance(minutes(3));
  const Seen seen = Take();
  EXPECT_EQ(seen.Of("prometheus_rule_group_iterations_missed_total"), 3);
  EXPECT_EQ(seen.Of("prometheus_rule_group_iterations_total"), 6);
}

TEST_F(EngineSourceTest, DurationsAreSummariesOverAllGroups) {
  Start(std::string(kRules) + "- {name: h, interval: 1m, rules: [{record: x, expr: '1'}]}\n");
  on_provide_ = [this] { loop_.Advance(milliseconds(250)); };
  loop_.Advance(minutes(1) + seconds(1));
  const Seen seen = Take();
  EXPECT_EQ(seen.at("prometheus_rule_group_duration_seconds_count"), 3);
  EXPECT_EQ(seen.at("prometheus_rule_group_duration_seconds_sum"), 0.75);
  for (const char* q : {"0.01", "0.05", "0.5", "0.9", "0.99"})
    EXPECT_EQ(seen.at("prometheus_rule_group_duration_seconds{quantile=\"" + std::string(q) + "\"}"), 0.25);
  EXPECT_EQ(seen.Of("prometheus_rule_group_last_duration_seconds"), 0.25);
  EXPECT_EQ(seen.at("prometheus_rule_evaluation_duration_seconds_count"), 7);
  EXPECT_EQ(seen.at("prometheus_rule_evaluation_duration_seconds_sum"), 0)
      << "the rules themselves take no time";
  for (const char* q : {"0.5", "0.9", "0.99"})
    EXPECT_EQ(seen.at("prometheus_rule_evaluation_duration_seconds{quantile=\"" + std::string(q) + "\"}"), 0);
  EXPECT_EQ(seen.Of("prometheus_rule_group_last_rule_duration_sum_seconds"), 0);
}

TEST_F(EngineSourceTest, ShowsAlertsAndSinceWhen) {
  Start(kRules);
  Set("failed{job=\"a\"}", 1);
  loop_.Advance(minutes(1));
  const std::string pending =
      R"(ALERTS{alertname="Failed", alertstate="pending", job="a", severity="warning"})";
  const std::string firing =
      R"(ALERTS{alertname="Failed", alertstate="firing", job="a", severity="warning"})";
  const std::string since = R"(ALERTS_FOR_STATE{alertname="Failed", job="a", severity="warning"})";
  Seen seen = Take();
  EXPECT_EQ(seen.at(pending), 1);
  EXPECT_EQ(seen.at(since), ToUnixSecondsF(kNoon + seconds(30)));
  loop_.Advance(minutes(5));
  seen = Take();
  EXPECT_EQ(seen.at(firing), 1);
  EXPECT_FALSE(seen.series.contains(pending)) << "one state at a time";
  EXPECT_EQ(seen.at(since), ToUnixSecondsF(kNoon + seconds(30)));
  Unset("failed{job=\"a\"}");
  loop_.Advance(seconds(30));
  seen = Take();
  EXPECT_FALSE(seen.series.contains(firing));
  EXPECT_FALSE(seen.series.contains(since));
}

}  // namespace
}  // namespace belfry::rule
