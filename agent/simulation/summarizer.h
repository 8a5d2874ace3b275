// The sums of a timeline.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "agent/simulation/event.h"
#include "agent/simulation/scenario.h"
#include "agent/simulation/summary.h"

namespace belfry::simulation {

// Reads nothing but events, so that it does not matter how they came about. Thread: one.
class Summarizer {
 public:
  explicit Summarizer(const Scenario& scenario);

  // Takes in the next event in order of time, and says in it how long an alert had fired.
  void Add(Event& event);
  // Requires: no more events follow.
  Summary Finish();

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name

  // A CronJob's running account.
  struct Account {
    CronJobSummary sums;
    std::set<std::string> active;  // Jobs
    std::optional<Instant> overlap_since;
    size_t overlap_depth = 0;
  };
  using Firing = std::map<model::Labels, Instant>;  // since when

  void AddAlert(Event& event);
  void AddJob(const Event& event);
  void AddSlot(const Event& event);
  void SetActive(Account& account, const Event& event, bool active);
  void EndOverlap(Account& account, Instant now);

  Instant end_;
  std::map<Name, Account> cronjobs_;
  std::map<Name, JobSummary> jobs_;
  std::map<std::string, AlertSummary> alerts_;
  std::map<std::string, Firing> firing_;  // by alert
  uint64_t events_ = 0;
};

}  // namespace belfry::simulation
