// What rules have last returned, as series: recorded ones, ALERTS and ALERTS_FOR_STATE.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "rules/promql/value.h"
#include "rules/rule/alert_state.h"
#include "rules/storage/head.h"
#include "rules/storage/queryable.h"

namespace belfry::rule {

inline constexpr std::string_view kAlertsName = "ALERTS";
inline constexpr std::string_view kAlertsForStateName = "ALERTS_FOR_STATE";
inline constexpr std::string_view kAlertStateLabel = "alertstate";

// Names a rule for as long as the engine lives; never used twice.
using RuleId = uint64_t;

// One sample of each series, at the time of the rule's last good evaluation. A series its rule returns no
// more is gone at once. Thread: one.
class RuleResults : public storage::Queryable {
 public:
  void SetRecorded(RuleId rule, std::string name, std::shared_ptr<const promql::Vector> series,
                   int64_t time_ms);
  void SetAlerts(RuleId rule, std::shared_ptr<const Alerts> alerts, int64_t time_ms);
  void Erase(RuleId rule) { slots_.erase(rule); }

  Result<storage::SeriesSet> Select(const storage::SelectRequest& request) const override;
  // The series of one rule that `keep` wants, with names.
  promql::Vector SeriesOf(RuleId rule, const storage::KeepFilter& keep) const;

 private:
  struct Slot {
    int64_t time_ms = 0;
    std::string name;  // of what is recorded
    std::shared_ptr<const promql::Vector> recorded;
    std::shared_ptr<const Alerts> alerts;
  };

  std::map<RuleId, Slot> slots_;
};

// `ALERTS{…, alertstate="firing"}`. Requires: pending or firing.
model::Labels AlertsLabels(const Alert& alert);
model::Labels AlertsForStateLabels(const Alert& alert);

}  // namespace belfry::rule
