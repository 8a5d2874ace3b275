// What `belfry simulate` prints, piece by piece: nothing of the past is kept.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "agent/cron/zone.h"
#include "agent/simulation/event.h"
#include "agent/simulation/scenario.h"
#include "agent/simulation/summary.h"

namespace belfry::cli {

// A table's lines for people. Thread: one.
class SimulateText {
 public:
  explicit SimulateText(const simulation::Scenario& scenario);

  std::string Line(const simulation::Event& event) const;
  std::string Sums(const simulation::Summary& summary) const;

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name

  std::string Label(const std::string& ns, const std::string& name) const;
  std::string LocalTime(const simulation::Event& event) const;
  std::string CronJobTable(const simulation::Summary& summary) const;
  std::string CronJobNotes(const simulation::Summary& summary) const;

  const Instant from_;
  const Instant to_;
  bool several_namespaces_ = false;
  std::map<Name, cron::Zone> zones_;  // of CronJobs whose zone is not UTC
  size_t object_width_ = 0;
};

// One document: Begin, Line for each event, End.
class SimulateJson {
 public:
  explicit SimulateJson(const simulation::Scenario& scenario) : from_(scenario.from), to_(scenario.to) {}

  std::string Begin() const;
  std::string Line(const simulation::Event& event);
  std::string End(const simulation::Summary& summary) const;

 private:
  const Instant from_;
  const Instant to_;
  bool first_ = true;
};

}  // namespace belfry::cli
