#include "rules/rule/engine_source.h"

#include <array>

#include "exporters/model/number.h"

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
    {"prometheus_rule_group_last_duration_seconds", "The duration of the last rule group evaluation.",
     MetricType::kGauge, [](const GroupStatus& g) { return ToSeconds(g.evaluation_time); }},
    {"prometheus_rule_group_last_rule_duration_sum_seconds",
     "The sum of time in seconds it took to evaluate each rule in the group regardless of concurrency.",
     MetricType::kGauge, [](const GroupStatus& g) { return ToSeconds(g.counters.last_rules_time); }},
    {"prometheus_rule_group_last_evaluation_timestamp_seconds",
     "The timestamp of the last rule group evaluation in seconds.", MetricType::kGauge,
     [](const GroupStatus& g) { return g.last_evaluation ? ToUnixSecondsF(*g.last_evaluation) : 0; }},
    {"prometheus_rule_group_last_evaluation_samples",
     "The number of samples returned during the last rule group evaluation.", MetricType::kGauge,
     [](const GroupStatus& g) { return Count(g.counters.last_samples); }},
    {"prometheus_rule_group_last_restore_duration_seconds",
     "The duration of the last restoration of the group's alerts.", MetricType::kGauge,
     [](const GroupStatus& g) { return ToSeconds(g.restore_time); }},
    {"prometheus_rule_group_interval_seconds", "The interval of a rule group.", MetricType::kGauge,
     [](const GroupStatus& g) { return ToSeconds(g.interval); }},
    {"prometheus_rule_group_rules", "The number of rules.", MetricType::kGauge,
     [](const GroupStatus& g) { return Count(g.rules.size()); }},
};
constexpr size_t kGroupCount = std::size(kGroupFamilies);

// The families after those of the groups.
enum Place : size_t { kRuleDuration = kGroupCount, kGroupDuration, kStateErrors, kAlerts, kAlertsForState };
constexpr std::string_view kRuleDurationName = "prometheus_rule_evaluation_duration_seconds";
constexpr std::string_view kGroupDurationName = "prometheus_rule_group_duration_seconds";

std::vector<Family> MakeFamilies() {
  std::vector<Family> families;
  for (const GroupFamily& f : kGroupFamilies)
    families.push_back({.name = f.name, .help = f.help, .type = f.type, .unit = ""});
  families.push_back({.name = std::string(kRuleDurationName),
                      .help = "The duration for a rule to execute.",
                      .type = MetricType::kSummary,
                      .unit = ""});
  families.push_back({.name = std::string(kGroupDurationName),
                      .help = "The duration of rule group evaluations.",
                      .type = MetricType::kSummary,
                      .unit = ""});
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
    if (family == kRuleDuration) return VisitSummary(kRuleDurationName, engine_->durations.rules, visit);
    if (family == kGroupDuration) return VisitSummary(kGroupDurationName, engine_->durations.groups, visit);
    if (family == kStateErrors) {
      return visit("belfry_rule_state_errors_total", {}, Count(engine_->counters.state_errors));
    }
    const bool with_state = family == kAlerts;
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

  static void VisitSummary(std::string_view name, const SummaryValue& summary, const SeriesVisitor& visit) {
    for (const auto& [quantile, value] : summary.quantiles) {
      const std::string text = model::FormatNumber(quantile);
      const std::array labels = {LabelView{"quantile", text}};
      visit(name, labels, value);
    }
    visit(std::string(name) + "_sum", {}, summary.sum);
    visit(std::string(name) + "_count", {}, Count(summary.count));
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
