#include "agent/simulation/alert_log.h"

namespace belfry::simulation {

using rule::AlertState;

void AlertLog::OnGroup(const rule::GroupAlerts& group) {
  const GroupName name{group.spec.file, group.spec.name};
  if (group.alerts.empty() && !groups_.contains(name)) return;
  GroupLog& log = groups_[name];
  ++log.round;
  for (const rule::Alert* alert : group.alerts) {
    if (!alert->resolved_at) OnAlert(log, *alert, group.at);
  }
  std::erase_if(log.alerts, [&](const auto& entry) {
    if (entry.second.round == log.round) return false;
    const bool fired = entry.second.state == AlertState::kFiring;
    Tell(fired ? EventKind::kAlertResolved : EventKind::kAlertCleared, entry.first, group.at);
    return true;
  });
}

void AlertLog::OnAlert(GroupLog& log, const rule::Alert& alert, Instant at) {
  Seen& seen = log.alerts[alert.labels];
  seen.round = log.round;
  if (std::exchange(seen.state, alert.state) == alert.state) return;
  Tell(alert.state == AlertState::kFiring ? EventKind::kAlertFiring : EventKind::kAlertPending, alert.labels,
       at);
}

void AlertLog::Tell(EventKind kind, const model::Labels& labels, Instant at) {
  Event event{.at = at, .kind = kind, .alert = std::string(labels.Get(model::kAlertName)), .labels = labels};
  event.labels.Remove(model::kAlertName);
  sink_(event);
}

}  // namespace belfry::simulation
