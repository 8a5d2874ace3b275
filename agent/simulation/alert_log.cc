#include "agent/simulation/alert_log.h"

namespace belfry::simulation {

using rule::AlertState;

AlertSummary& AlertLog::SumsOf(const model::Labels& labels) {
  AlertSummary& sums = sums_[std::string(labels.Get(model::kAlertName))];
  if (sums.name.empty()) {
    sums.name = labels.Get(model::kAlertName);
    sums.severity = labels.Get("severity");
  }
  return sums;
}

void AlertLog::OnGroup(const rule::GroupAlerts& group) {
  const GroupName name{group.spec.file, group.spec.name};
  if (group.alerts.empty() && !groups_.contains(name)) return;
  GroupLog& log = groups_[name];
  ++log.round;
  for (const rule::Alert* alert : group.alerts) {
    if (!alert->resolved_at) OnAlert(log, *alert, group.at);
  }
  DropAbsent(log, group.at);
}

void AlertLog::OnAlert(GroupLog& log, const rule::Alert& alert, Instant at) {
  const auto [entry, added] = log.alerts.try_emplace(alert.labels);
  Seen& seen = entry->second;
  seen.round = log.round;
  if (!added && seen.state == alert.state) return;
  seen.state = alert.state;
  if (alert.state == AlertState::kFiring) {
    seen.fired_at = at;
    ++SumsOf(alert.labels).fired;
    return Tell(EventKind::kAlertFiring, alert.labels, at, alert.value, Duration(0));
  }
  ++SumsOf(alert.labels).pending;
  Tell(EventKind::kAlertPending, alert.labels, at, alert.value, Duration(0));
}

void AlertLog::DropAbsent(GroupLog& log, Instant at) {
  for (auto it = log.alerts.begin(); it != log.alerts.end();) {
    if (it->second.round == log.round) {
      ++it;
      continue;
    }
    End(it->first, it->second, at);
    it = log.alerts.erase(it);
  }
}

void AlertLog::End(const model::Labels& labels, const Seen& seen, Instant at) {
  if (seen.state != AlertState::kFiring) return Tell(EventKind::kAlertCleared, labels, at, 0, Duration(0));
  SumsOf(labels).firing_time += at - seen.fired_at;
  Tell(EventKind::kAlertResolved, labels, at, 0, at - seen.fired_at);
}

void AlertLog::Tell(EventKind kind, const model::Labels& labels, Instant at, double value, Duration took) {
  Event event{.at = at, .kind = kind};
  event.alert = labels.Get(model::kAlertName);
  event.labels = labels;
  event.labels.Remove(model::kAlertName);
  event.value = value;
  if (kind == EventKind::kAlertResolved) event.took = took;
  sink_(event);
}

void AlertLog::Finish(Instant end, Summary& summary) {
  for (const auto& [name, group] : groups_) {
    for (const auto& [labels, seen] : group.alerts) {
      if (seen.state != AlertState::kFiring) continue;
      AlertSummary& sums = SumsOf(labels);
      sums.firing_time += end - seen.fired_at;
      ++sums.firing_at_end;
    }
  }
  for (const auto& [name, sums] : sums_) summary.alerts.push_back(sums);
}

}  // namespace belfry::simulation
