#include "agent/simulation/monitor.h"

#include "rules/storage/merged_queryable.h"
#include "rules/storage/snapshot_queryable.h"

namespace belfry::simulation {
namespace {

// As the agent samples what rules look back at.
constexpr Duration kHistoryInterval = seconds(15);

std::optional<Duration> IntervalOf(kube::ZonedSchedules& schedules, const api::CronJobSpec& spec,
                                   Instant after) {
  const auto first = schedules.Next(spec, after);
  if (!first.next) return std::nullopt;
  const auto second = schedules.Next(spec, *first.next);
  return second.next ? std::optional(*second.next - *first.next) : std::nullopt;
}

cronjob::MissedReason ReasonOf(controllers::MissReason reason) {
  return *cronjob::MissedReasonFromName(controllers::MissReasonName(reason));
}

// The newest values, the rules' own series and the history as one.
class World : public storage::Queryable {
 public:
  World(std::vector<std::shared_ptr<const model::Snapshot>> snapshots, Instant at,
        const storage::Queryable& results, const storage::Head& history)
      : newest_(std::move(snapshots), at), merged_({&newest_, &results, &history}) {}

  Result<storage::SeriesSet> Select(const storage::SelectRequest& request) const override {
    return merged_.Select(request);
  }

 private:
  storage::SnapshotQueryable newest_;
  storage::MergedQueryable merged_;
};

}  // namespace

Monitor::Monitor(FakeEventLoop& loop, const Scenario& scenario, EventSink sink)
    : loop_(loop),
      kube_(schedules_.Reader()),
      cronjobs_(loop, files_,
                {.interval = [this](const api::CronJobSpec& spec,
                                    Instant after) { return IntervalOf(schedules_, spec, after); }}),
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
          [this](const rule::GroupAlerts& group) { log_.OnGroup(group); }),
      history_timer_(loop) {}

Result<void> Monitor::Start(const Scenario& scenario) {
  RETURN_IF_ERROR(engine_.SetGroups(scenario.rules));
  keep_ = promql::ComputeKeepSet(engine_.Expressions());
  ArmHistory();
  cronjobs_.Restored();
  engine_.Start();
  return {};
}

void Monitor::Apply(std::span<const store::Change> changes) {
  kube_.Apply(changes);
  cronjobs_.Apply(changes);
  changed_ = true;
}

void Monitor::OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record) {
  const auto* missed = std::get_if<controllers::SlotsMissed>(&record);
  if (missed == nullptr) return;
  cronjobs_.CountMissed(cronjob.metadata.ns, cronjob.metadata.name, ReasonOf(missed->reason),
                        static_cast<uint64_t>(missed->count));
  changed_ = true;
}

void Monitor::Settle() {
  if (!std::exchange(changed_, false)) return;
  engine_.EvaluateSoon();
  loop_.RunUntilIdle();
}

std::shared_ptr<const storage::Queryable> Monitor::DataAt(Instant at) {
  return std::make_shared<const World>(Snapshots{kube_.Take(), cronjobs_.Take()}, at, engine_.results(),
                                       history_);
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

void Monitor::Finish(Instant end, Summary& summary) {
  log_.Finish(end, summary);
  for (const rule::GroupStatus& group : engine_.Snapshot()->groups) {
    for (const rule::RuleStatus& rule : group.rules) {
      if (rule.last_error.empty()) continue;
      summary.rule_errors.push_back(group.spec->name + "/" + rule.spec->name() + ": " + rule.last_error);
    }
  }
}

}  // namespace belfry::simulation
