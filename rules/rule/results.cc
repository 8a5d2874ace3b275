#include "rules/rule/results.h"

#include <algorithm>

namespace belfry::rule {
namespace {

using storage::Matcher;

bool NameMatches(std::span<const Matcher> matchers, std::string_view name) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& m) { return m.name() != model::kMetricName || m.Matches(name); });
}

bool LabelsMatch(std::span<const Matcher> matchers, const model::Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) {
    return m.name() == model::kMetricName || m.Matches(labels.Get(m.name()));
  });
}

// Without making the series' labels first: most selections want none of them.
bool AlertMatches(std::span<const Matcher> matchers, const Alert& alert, bool with_state) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) {
    if (m.name() == model::kMetricName) return true;
    if (with_state && m.name() == kAlertStateLabel) return m.Matches(AlertStateName(alert.state));
    return m.Matches(alert.labels->Get(m.name()));
  });
}

std::vector<model::LabelView> ViewsOf(const model::Labels& labels) {
  std::vector<model::LabelView> views;
  views.reserve(labels.size() + 1);
  for (const model::Label& label : labels) {
    if (label.name != model::kMetricName) views.push_back({label.name, label.value});
  }
  return views;
}

// Collects one sample a series.
class Collector {
 public:
  explicit Collector(const storage::SelectRequest& request) : request_(request) {}

  bool InWindow(int64_t time_ms) const { return time_ms >= request_.from_ms && time_ms <= request_.to_ms; }

  void AddRecorded(const promql::Vector& series, int64_t time_ms) {
    for (const promql::VectorSample& sample : series) {
      if (LabelsMatch(request_.matchers, sample.labels)) Add(sample.labels, time_ms, sample.value);
    }
  }

  void AddAlerts(const Alerts& alerts, int64_t time_ms) {
    const bool state = NameMatches(request_.matchers, kAlertsName);
    const bool since = NameMatches(request_.matchers, kAlertsForStateName);
    if (!state && !since) return;
    for (const Alert& alert : alerts) {
      if (IsResolved(alert)) continue;
      if (state && AlertMatches(request_.matchers, alert, true)) Add(AlertsLabels(alert), time_ms, 1);
      if (since && AlertMatches(request_.matchers, alert, false)) {
        Add(AlertsForStateLabels(alert), time_ms, static_cast<double>(ToUnixSeconds(alert.active_at)));
      }
    }
  }

  Result<storage::SeriesSet> Finish() && {
    if (out_.samples.size() <= request_.max_samples) return std::move(out_);
    return Error{Code::kTooLarge,
                 "select the rules' series: more than " + std::to_string(request_.max_samples) + " samples"};
  }

 private:
  void Add(model::Labels labels, int64_t time_ms, double value) {
    out_.series.push_back({std::move(labels), out_.samples.size(), 1});
    out_.samples.push_back({time_ms, value});
  }

  const storage::SelectRequest& request_;
  storage::SeriesSet out_;
};

}  // namespace

model::Labels AlertsLabels(const Alert& alert) {
  model::Labels labels = alert.labels;
  labels.Set(model::kMetricName, kAlertsName);
  labels.Set(kAlertStateLabel, AlertStateName(alert.state));
  return labels;
}

model::Labels AlertsForStateLabels(const Alert& alert) {
  model::Labels labels = alert.labels;
  labels.Set(model::kMetricName, kAlertsForStateName);
  return labels;
}

void RuleResults::SetRecorded(RuleId rule, std::string name, std::shared_ptr<const promql::Vector> series,
                              int64_t time_ms) {
  slots_[rule] = {.time_ms = time_ms, .name = std::move(name), .recorded = std::move(series)};
}

void RuleResults::SetAlerts(RuleId rule, std::shared_ptr<const Alerts> alerts, int64_t time_ms) {
  slots_[rule] = {.time_ms = time_ms, .alerts = std::move(alerts)};
}

Result<storage::SeriesSet> RuleResults::Select(const storage::SelectRequest& request) const {
  Collector collector(request);
  for (const auto& [rule, slot] : slots_) {
    if (!collector.InWindow(slot.time_ms)) continue;
    if (slot.alerts) collector.AddAlerts(*slot.alerts, slot.time_ms);
    if (slot.recorded && NameMatches(request.matchers, slot.name)) {
      collector.AddRecorded(*slot.recorded, slot.time_ms);
    }
  }
  return std::move(collector).Finish();
}

promql::Vector RuleResults::SeriesOf(RuleId rule, const storage::KeepFilter& keep) const {
  const auto found = slots_.find(rule);
  if (found == slots_.end() || !keep) return {};
  const Slot& slot = found->second;
  promql::Vector series;
  if (slot.recorded) {
    for (const promql::VectorSample& sample : *slot.recorded) {
      if (keep(slot.name, ViewsOf(sample.labels))) series.push_back(sample);
    }
  }
  if (!slot.alerts) return series;
  for (const Alert& alert : *slot.alerts) {
    if (IsResolved(alert)) continue;
    std::vector<model::LabelView> views = ViewsOf(alert.labels);
    if (keep(kAlertsForStateName, views)) {
      series.push_back(
          {AlertsForStateLabels(alert), slot.time_ms, static_cast<double>(ToUnixSeconds(alert.active_at))});
    }
    views.push_back({kAlertStateLabel, AlertStateName(alert.state)});
    if (keep(kAlertsName, views)) series.push_back({AlertsLabels(alert), slot.time_ms, 1});
  }
  return series;
}

}  // namespace belfry::rule
