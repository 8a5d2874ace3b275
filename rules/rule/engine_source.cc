#include "rules/rule/engine_source.h"

#include <array>

namespace belfry::rule {
namespace {

using model::Family;
using model::LabelView;
using model::MetricType;
using model::SeriesVisitor;

// A family with one number for each group.
struct GroupFamily {
  const char* name;
  const char* help;
  MetricType type;
  double (*value)(const GroupStatus&);
};

double Count(uint64_t n) { return static_cast<double>(n); }

constexpr GroupFamily kGroupFamilies[] = {
    {"prometheus_rule_evaluations", "The total number of rule evaluations.", MetricType::kCounter,
     [](const GroupStatus& g) { return Count(g.counters.evaluations); }},
    {"prometheus_rule_evaluation_failures", "The total number of rule evaluation failures.",
     MetricType::kCounter, [](const GroupStatus& g) { return Count(g.counters.failures); }},
    {"prometheus_rule_group_iterations",
     "The total number of rule group evaluations, whether executed or missed.", MetricType::kCounter,
     [](const GroupStatus& g) { return Count(g.counters.iterations + g.counters.missed); }},
    {"prometheus_rule_group_iterations_missed",
     "The total number of rule group evaluations missed due to slow rule group evaluation.",
     MetricType::kCounter, [](const GroupStatus& g) { return Count(g.counters.missed); }},
    {"prometheus_rule_group_duration_seconds_sum", "The time all evaluations of the rule group took.",
     MetricType::kGauge, [](const GroupStatus& g) { return ToSeconds(g.counters.total_time); }},
    {"prometheus_rule_group_last_duration_seconds", "The duration of the last rule group evaluation.",
     MetricType::kGauge, [](const GroupStatus& g) { return ToSeconds(g.evaluation_time); }},
    {"prometheus_rule_group_last_evaluation_timestamp_seconds",
     "The timestamp of the last rule group evaluation in seconds.", MetricType::kGauge,
     [](const GroupStatus& g) { return g.last_evaluation ? ToUnixSecondsF(*g.last_evaluation) : 0; }},
    {"prometheus_rule_group_last_evaluation_samples",
     "The number of samples returned during the last rule group evaluation.", MetricType::kGauge,
     [](const GroupStatus& g) { return Count(g.counters.last_samples); }},
    {"prometheus_rule_group_interval_seconds", "The interval of a rule group.", MetricType::kGauge,
     [](const GroupStatus& g) { return ToSeconds(g.interval); }},
    {"prometheus_rule_group_rules", "The number of rules.", MetricType::kGauge,
     [](const GroupStatus& g) { return Count(g.rules.size()); }},
};
constexpr size_t kGroupCount = std::size(kGroupFamilies);

std::vector<Family> MakeFamilies() {
  std::vector<Family> families;
  for (const GroupFamily& f : kGroupFamilies)
    families.push_back({.name = f.name, .help = f.help, .type = f.type, .unit = ""});
  families.push_back({.name = "belfry_rule_state_errors",
                      .help = "Failures to read or write the alerts that survive a restart.",
                      .type = MetricType::kCounter,
                      .unit = ""});
  families.push_back({.name = std::string(kAlertsName),
                      .help = "Pending and firing alerts.",
                      .type = MetricType::kGauge,
                      .unit = ""});
  families.push_back({.name = std::string(kAlertsForStateName),
                      .help = "Since when an alert is active, in Unix seconds.",
                      .type = MetricType::kGauge,
                      .unit = ""});
  return families;
}

class EngineNumbers : public model::Snapshot {
 public:
  explicit EngineNumbers(std::shared_ptr<const EngineSnapshot> engine)
      : engine_(std::move(engine)), families_(MakeFamilies()) {}

  std::span<const Family> families() const override { return families_; }

  void Visit(size_t family, const SeriesVisitor& visit) const override {
    if (family < kGroupCount) return VisitGroups(kGroupFamilies[family], visit);
    if (family == kGroupCount) {
      return visit("belfry_rule_state_errors_total", {}, Count(engine_->counters.state_errors));
    }
    const bool with_state = family == kGroupCount + 1;
    for (const GroupStatus& group : engine_->groups) {
      for (const RuleStatus& rule : group.rules) {
        for (const Alert& alert : *rule.alerts) VisitAlert(alert, with_state, visit);
      }
    }
  }

 private:
  void VisitGroups(const GroupFamily& family, const SeriesVisitor& visit) const {
    const std::string name = std::string(family.name) + (family.type == MetricType::kCounter ? "_total" : "");
    for (const GroupStatus& group : engine_->groups) {
      const std::string key = group.spec->file + ";" + group.spec->name;
      const std::array labels = {LabelView{"rule_group", key}};
      visit(name, labels, family.value(group));
    }
  }

  static void VisitAlert(const Alert& alert, bool with_state, const SeriesVisitor& visit) {
    if (IsResolved(alert)) return;
    const model::Labels labels = with_state ? AlertsLabels(alert) : AlertsForStateLabels(alert);
    std::vector<LabelView> views;
    for (const model::Label& label : labels) {
      if (label.name != model::kMetricName) views.push_back({label.name, label.value});
    }
    visit(labels.Get(model::kMetricName), views,
          with_state ? 1 : static_cast<double>(ToUnixSeconds(alert.active_at)));
  }

  std::shared_ptr<const EngineSnapshot> engine_;
  std::vector<Family> families_;
};

}  // namespace

std::shared_ptr<const model::Snapshot> EngineSource::Take() {
  return std::make_shared<EngineNumbers>(engine_.Snapshot());
}

}  // namespace belfry::rule
