// From what the controllers decide and the store shows to the events of runs, and their sums.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "agent/controllers/cronjob/slot.h"
#include "agent/simulation/event.h"
#include "agent/simulation/summary.h"
#include "agent/store/store.h"

namespace belfry::simulation {

// Thread: the core loop's.
class Timeline {
 public:
  // `sink` gets the events in order of time. Requires: the clock outlives the timeline.
  Timeline(const Clock& clock, EventSink sink) : clock_(clock), sink_(std::move(sink)) {}

  void OnSlot(const api::CronJob& cronjob, const controllers::SlotRecord& record);
  void OnChanges(std::span<const store::Change> changes);
  // Ends open accounts at `end`, then gives the sums of all but the alerts.
  void Finish(Instant end, Summary& summary);

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name

  // A CronJob's running account.
  struct Account {
    CronJobSummary sums;
    std::set<std::string> active;  // uids of unfinished Jobs
    std::optional<Instant> overlap_since;
    std::optional<Instant> held;  // the slot that was told to wait
  };

  void OnStarted(const api::CronJob& cronjob, const controllers::SlotStarted& started);
  void OnMissed(const api::CronJob& cronjob, const controllers::SlotsMissed& missed);
  void OnHeld(const api::CronJob& cronjob, const controllers::SlotHeld& held);
  void OnReplaced(const api::CronJob& cronjob, const controllers::JobReplaced& replaced);
  void OnCronJob(const api::CronJob& cronjob);
  void OnJob(const store::Change& change);
  void OnProgress(const api::Job* before, const api::Job& job);
  void OnFinished(const api::Job& job);
  void SetActive(const api::Job& job, bool active);
  void EndOverlap(Account& account, Instant now);
  Event NewEvent(EventKind kind, const std::string& ns) const;
  Event JobEvent(EventKind kind, const api::Job& job) const;

  const Clock& clock_;
  EventSink sink_;
  std::map<Name, Account> cronjobs_;
  std::map<Name, JobSummary> jobs_;
};

}  // namespace belfry::simulation
