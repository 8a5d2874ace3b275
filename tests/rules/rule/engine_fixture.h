// An engine on virtual time over series that tests set.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "rules/promql/parser.h"
#include "rules/rule/engine.h"
#include "rules/rule/rule_file.h"

namespace belfry::rule {

// Every series has its value at the time of the evaluation.
class FakeSeries : public storage::Queryable {
 public:
  FakeSeries(std::map<model::Labels, double> values, Instant at)
      : values_(std::move(values)), at_ms_(storage::ToMillis(at)) {}

  Result<storage::SeriesSet> Select(const storage::SelectRequest& request) const override {
    storage::SeriesSet out;
    if (at_ms_ < request.from_ms || at_ms_ > request.to_ms) return out;
    for (const auto& [labels, value] : values_) {
      bool all = true;
      for (const storage::Matcher& m : request.matchers) all = all && m.Matches(labels.Get(m.name()));
      if (!all) continue;
      out.series.push_back({labels, out.samples.size(), 1});
      out.samples.push_back({at_ms_, value});
    }
    return out;
  }

 private:
  std::map<model::Labels, double> values_;
  int64_t at_ms_;
};

// 2023-11-14T22:00:00Z, a multiple of every interval the tests use.
inline const Instant kNoon = FromUnixSeconds(1'699'999'200);

class EngineTest : public testing::Test {
 protected:
  struct Handed {
    Instant at;
    std::string group;
    Alerts alerts;
  };

  // `name{label="value"}`.
  void Set(const std::string& series, double value) { data_[*promql::ParseMetric(series)] = value; }
  void Unset(const std::string& series) { data_.erase(*promql::ParseMetric(series)); }

  std::vector<GroupSpec> Groups(std::string_view yaml) {
    RuleFile file = ParseRuleFile("r.yaml", yaml);
    for (const Problem& problem : file.problems) ADD_FAILURE() << problem.ToString();
    return file.groups;
  }

  void Start(std::string_view yaml) {
    options_.state_path = "/var/alerts";
    options_.external_labels = model::Labels{{"cluster", "c1"}};
    options_.external_url = "http://h";
    engine_ = std::make_unique<RuleEngine>(
        loop_, files_, options_, [this](Instant at) { return Provide(at); },
        [this](const GroupAlerts& group) { Take(group); });
    ASSERT_TRUE(engine_->SetGroups(Groups(yaml)).ok());
    engine_->Start();
  }

  // kill -9: what was not written is lost.
  void Crash() {
    loop_.Drop();
    engine_.reset();
  }

  std::shared_ptr<const storage::Queryable> Provide(Instant at) {
    ++provided_;
    if (on_provide_) on_provide_();
    return std::make_shared<FakeSeries>(data_, at);
  }

  void Take(const GroupAlerts& group) {
    Handed handed{.at = group.at, .group = group.spec.name, .alerts = {}};
    for (const Alert* alert : group.alerts) handed.alerts.push_back(*alert);
    handed_.push_back(std::move(handed));
  }

  RuleStatus Rule(size_t group = 0, size_t rule = 0) {
    return engine_->Snapshot()->groups.at(group).rules.at(rule);
  }
  std::string StateOf(size_t group = 0, size_t rule = 0) {
    return std::string(AlertStateName(Rule(group, rule).state));
  }

  // The value of an instant query over the world and the rules' own series; nothing if it is empty.
  std::map<std::string, double> Query(std::string_view text);

  FakeEventLoop loop_{kNoon};
  FakeFileSystem files_;
  EngineOptions options_{.slots = Slots::kInStep};  // stories count in whole minutes; slots_test spreads
  std::map<model::Labels, double> data_;
  std::vector<Handed> handed_;
  size_t provided_ = 0;
  std::function<void()> on_provide_;
  std::unique_ptr<RuleEngine> engine_;
};

inline std::map<std::string, double> EngineTest::Query(std::string_view text) {
  auto expr = promql::Parse(text);
  if (!expr.ok()) ADD_FAILURE() << expr.error().message;
  auto value = promql::EvaluateInstant(**expr, loop_.Now(), engine_->results());
  if (!value.ok()) ADD_FAILURE() << value.error().message;
  std::map<std::string, double> out;
  for (const promql::VectorSample& sample : std::get<promql::Vector>(*value))
    out[sample.labels.ToString()] = sample.value;
  return out;
}

}  // namespace belfry::rule
