// From what rule groups hand over to the events of alerts, and their sums.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "agent/simulation/event.h"
#include "agent/simulation/summary.h"
#include "rules/rule/engine.h"

namespace belfry::simulation {

// Thread: the telemetry loop's.
class AlertLog {
 public:
  explicit AlertLog(EventSink sink) : sink_(std::move(sink)) {}

  void OnGroup(const rule::GroupAlerts& group);
  void Finish(Instant end, Summary& summary);

 private:
  struct Seen {
    rule::AlertState state = rule::AlertState::kPending;
    Instant fired_at;
    uint64_t round = 0;  // the evaluation that had it last
  };
  using GroupName = std::pair<std::string, std::string>;  // file, name
  struct GroupLog {
    std::map<model::Labels, Seen> alerts;  // pending and firing ones
    uint64_t round = 0;
  };

  void OnAlert(GroupLog& log, const rule::Alert& alert, Instant at);
  void DropAbsent(GroupLog& log, Instant at);
  void End(const model::Labels& labels, const Seen& seen, Instant at);
  void Tell(EventKind kind, const model::Labels& labels, Instant at, double value, Duration took);
  AlertSummary& SumsOf(const model::Labels& labels);

  EventSink sink_;
  std::map<GroupName, GroupLog> groups_;
  std::map<std::string, AlertSummary> sums_;
};

}  // namespace belfry::simulation
