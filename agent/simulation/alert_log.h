// From what rule groups hand over to the events of alerts.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "agent/simulation/event.h"
#include "rules/rule/engine.h"

namespace belfry::simulation {

// Thread: the telemetry loop's.
class AlertLog {
 public:
  explicit AlertLog(EventSink sink) : sink_(std::move(sink)) {}

  void OnGroup(const rule::GroupAlerts& group);

 private:
  struct Seen {
    rule::AlertState state = rule::AlertState::kInactive;
    uint64_t round = 0;  // the evaluation that had it last
  };
  using GroupName = std::pair<std::string, std::string>;  // file, name
  struct GroupLog {
    std::map<model::Labels, Seen> alerts;  // pending and firing ones
    uint64_t round = 0;
  };

  void OnAlert(GroupLog& log, const rule::Alert& alert, Instant at);
  void Tell(EventKind kind, const model::Labels& labels, Instant at);

  EventSink sink_;
  std::map<GroupName, GroupLog> groups_;
};

}  // namespace belfry::simulation
