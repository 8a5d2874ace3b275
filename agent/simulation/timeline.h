// From what the controllers decide and the store shows to the events of runs.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>

#include "agent/controllers/cronjob/slot.h"
#include "agent/simulation/event.h"
#include "agent/store/store.h"

namespace belfry::simulation {

// Thread: the core loop's.
class Timeline {
 public:
  // `sink` gets the events in order of time. Requires: the clock outlives the timeline.
  Timeline(const Clock& clock, EventSink sink) : clock_(clock), sink_(std::move(sink)) {}

  void OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record);
  void OnChanges(std::span<const store::Change> changes);

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name

  void OnStarted(const api::CronJob& cronjob, const controllers::SlotStarted& started);
  void OnMissed(const api::CronJob& cronjob, const controllers::SlotsMissed& missed);
  void OnHeld(const api::CronJob& cronjob, const controllers::SlotHeld& held);
  void OnReplaced(const api::CronJob& cronjob, const controllers::JobReplaced& replaced);
  void OnJob(const api::Job* before, const api::Job& job);
  void OnFinished(const api::Job& job);
  Event SlotEvent(EventKind kind, const api::CronJob& cronjob, Instant slot) const;
  Event JobEvent(EventKind kind, const api::Job& job) const;

  const Clock& clock_;
  EventSink sink_;
  std::map<Name, Instant> held_;  // CronJob → the slot that was told to wait
};

}  // namespace belfry::simulation
