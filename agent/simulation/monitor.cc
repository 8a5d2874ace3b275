#include "agent/simulation/monitor.h"

#include "agent/simulation/relative_text.h"
#include "rules/storage/live_queryable.h"

namespace belfry::simulation {
namespace {

// As the agent samples what rules look back at.
constexpr Duration kHistoryInterval = seconds(15);

cronjob::MissedReason ReasonOf(controllers::MissReason reason) {
  return *cronjob::MissedReasonFromName(controllers::MissReasonName(reason));
}

}  // namespace

Monitor::Monitor(FakeEventLoop& loop, const Scenario& scenario, const RuleShape& shape, EventSink sink)
    : loop_(loop),
      kube_(schedules_.Reader()),
      cronjobs_(loop, files_,
                {.interval = [this](const api::CronJobSpec& spec,
                                    Instant after) { return schedules_.Interval(spec, after); }}),
      counts_(shape.needs_counters),
      once_(shape.reads_only_forward),
      log_(std::move(sink)),
      engine_(
          loop, files_,
          // A forecast must not change with the folder its files lie in.
          {.default_interval = scenario.rule_interval,
           .slots = rule::Slots::kInStep,
           .immediate_gap = Duration(0),
           .history = &history_,
           .keep = [this](std::string_view name,
                          model::LabelsView labels) { return keep_.Keeps(name, labels); }},
          [this](Instant at) { return DataAt(at); },
          [this](const rule::GroupAlerts& group) { OnGroup(group); }),
      history_timer_(loop) {}

Result<void> Monitor::Start(const Scenario& scenario) {
  RETURN_IF_ERROR(engine_.SetGroups(scenario.rules));
  keep_ = promql::ComputeKeepSet(engine_.Expressions());
  groups_ = scenario.rules.size();
  ArmHistory();
  cronjobs_.Restored();
  engine_.Start();
  return {};
}

void Monitor::Apply(std::span<const store::Change> changes) {
  kube_.Apply(changes);
  if (counts_) cronjobs_.Apply(changes);
  changed_ = true;
}

void Monitor::OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record) {
  const auto* missed = std::get_if<controllers::SlotsMissed>(&record);
  if (missed == nullptr || !counts_) return;
  cronjobs_.CountMissed(cronjob.metadata.ns, cronjob.metadata.name, ReasonOf(missed->reason),
                        static_cast<uint64_t>(missed->count));
  changed_ = true;
}

void Monitor::Settle() {
  if (!std::exchange(changed_, false) || IsEvaluated()) return;
  engine_.EvaluateSoon();
  loop_.RunUntilIdle();
}

void Monitor::OnGroup(const rule::GroupAlerts& group) {
  if (std::exchange(evaluated_at_, group.at) != group.at) evaluated_ = 0;
  ++evaluated_;
  log_.OnGroup(group);
}

// All groups had their slot in this instant, after everything that happened in it. A sample of the history
// may be newer.
bool Monitor::IsEvaluated() const {
  return once_ && keep_.empty() && evaluated_at_ == loop_.Now() && evaluated_ == groups_;
}

std::shared_ptr<const storage::Queryable> Monitor::DataAt(Instant at) {
  return std::make_shared<const storage::LiveQueryable>(Snapshots{kube_.Take(), cronjobs_.Take()}, at,
                                                        engine_.results(), history_);
}

void Monitor::ArmHistory() {
  if (keep_.empty()) return;
  history_timer_.RunAfter(kHistoryInterval, [this] { SampleHistory(); });
}

void Monitor::SampleHistory() {
  const int64_t now = storage::ToMillis(loop_.Now());
  uint64_t source = 0;
  for (const auto& snapshot : Snapshots{kube_.Take(), cronjobs_.Take()}) {
    history_.AppendSnapshot(
        ++source, *snapshot, now,
        [this](std::string_view name, model::LabelsView labels) { return keep_.Keeps(name, labels); });
  }
  history_.Truncate(now);
  ArmHistory();
}

std::string Monitor::StateText(Instant base) {
  std::string text;
  for (const rule::GroupStatus& group : engine_.Snapshot()->groups) {
    for (const rule::RuleStatus& rule : group.rules) {
      for (const rule::Alert& alert : *rule.alerts) {
        if (alert.resolved_at) continue;
        const bool pending = alert.state == rule::AlertState::kPending;
        AppendRelative(text, alert.labels->ToString(), base);
        // How long it has been firing decides nothing.
        if (pending) text += " pending " + std::to_string((alert.active_at - base).count());
        if (alert.keep_firing_since)
          text += " kept " + std::to_string((*alert.keep_firing_since - base).count());
        text += "\n";
      }
    }
  }
  return text;
}

}  // namespace belfry::simulation
