#include "agent/simulation/moving_events.h"

#include "agent/simulation/relative_text.h"

namespace belfry::simulation {

std::optional<MovingEvents> MovingEvents::Make(std::vector<Event> events,
                                               const std::set<std::string>& cronjobs) {
  MovingEvents moving;
  for (size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (HasSlotName(event.message)) return std::nullopt;
    std::string job = event.job;
    if (HasSlotName(job) && !MoveSlotName(job, event.cronjob, Duration(0))) return std::nullopt;
    for (const model::Label& label : event.labels) {
      if (!HasSlotName(label.value)) continue;
      std::string value = label.value;
      const std::string cronjob = value.substr(0, value.rfind('-'));
      if (!cronjobs.contains(cronjob) || !MoveSlotName(value, cronjob, Duration(0))) return std::nullopt;
      moving.name_labels_.push_back({i, label.name, cronjob});
    }
  }
  moving.events_ = std::move(events);
  return moving;
}

void MovingEvents::MoveBy(Duration by) {
  for (Event& event : events_) {
    event.at += by;
    if (event.slot) *event.slot += by;
    MoveSlotName(event.job, event.cronjob, by);
  }
  for (const NameLabel& name : name_labels_) {
    model::Labels& labels = events_[name.event].labels;
    std::string value(labels.Get(name.label));
    MoveSlotName(value, name.cronjob, by);
    labels.Set(name.label, value);
  }
}

}  // namespace belfry::simulation
