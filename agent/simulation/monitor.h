// The part of a simulated agent that watches: rows, rules, alerts; one virtual loop.
#pragma once

#include <memory>
#include <vector>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "agent/controllers/cronjob/slot.h"
#include "agent/simulation/alert_log.h"
#include "agent/simulation/rule_shape.h"
#include "agent/simulation/scenario.h"
#include "exporters/cronjob/cronjob_metrics.h"
#include "exporters/kube/kube_rows.h"
#include "rules/promql/keep_set.h"
#include "rules/storage/head.h"

namespace belfry::simulation {

// Thread: one.
class Monitor {
 public:
  // Requires: the loop outlives it.
  Monitor(FakeEventLoop& loop, const Scenario& scenario, const RuleShape& shape, EventSink sink);

  // Errors: kInvalid for rules that do not compile.
  Result<void> Start(const Scenario& scenario);
  void Apply(std::span<const store::Change> changes);
  void OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record);
  // The world of this instant is complete: rules that need not wait for their slot are evaluated.
  void Settle();
  // Errors of rules whose last evaluation failed: `group/rule: why`.
  std::vector<std::string> RuleErrors() { return engine_.Snapshot()->LastErrors(); }
  // What the future of the alerts depends on besides the world's series, relative to `base`.
  std::string StateText(Instant base);

 private:
  using Snapshots = std::vector<std::shared_ptr<const model::Snapshot>>;

  std::shared_ptr<const storage::Queryable> DataAt(Instant at);
  void SampleHistory();
  void ArmHistory();
  void OnGroup(const rule::GroupAlerts& group);
  bool IsEvaluated() const;

  FakeEventLoop& loop_;
  FakeFileSystem files_;  // nothing is written
  kube::ZonedSchedules schedules_;
  kube::KubeRows kube_;
  cronjob::CronJobMetrics cronjobs_;
  promql::KeepSet keep_;
  storage::Head history_;
  const bool counts_;  // whether anything reads what is counted
  const bool once_;    // whether a second evaluation in one instant gives the same
  AlertLog log_;
  rule::RuleEngine engine_;
  Timer history_timer_;
  bool changed_ = false;
  size_t groups_ = 0;
  Instant evaluated_at_;  // the newest evaluation, and of how many groups there was one then
  size_t evaluated_ = 0;
};

}  // namespace belfry::simulation
