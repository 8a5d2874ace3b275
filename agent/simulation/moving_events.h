// A stretch of a timeline that can happen again later.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/simulation/event.h"

namespace belfry::simulation {

// Events whose times, and names made of slots, move together. Thread: one.
class MovingEvents {
 public:
  // Nothing if some text speaks of a time in a way that cannot be moved. `cronjobs`: every CronJob's name.
  static std::optional<MovingEvents> Make(std::vector<Event> events, const std::set<std::string>& cronjobs);

  // Units: whole minutes.
  void MoveBy(Duration by);
  std::vector<Event>& events() { return events_; }

 private:
  // A label whose value is a slot's Job, and the CronJob in it.
  struct NameLabel {
    size_t event = 0;
    std::string label;
    std::string cronjob;
  };

  std::vector<Event> events_;
  std::vector<NameLabel> name_labels_;
};

}  // namespace belfry::simulation
