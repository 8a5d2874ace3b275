// The families that the agent counts in, by name. Rooms below the exporters count through function types and
// plain numbers of their own; main.cc connects those with these.
#pragma once

#include <string>

#include "exporters/self/self_metrics.h"

namespace belfry::self {

class AgentMetrics {
 public:
  // Registers every family; children without labels show 0 from the start. Requires: `metrics` outlives this.
  explicit AgentMetrics(SelfMetrics& metrics);

  // `result`: success, error.
  void Reconciled(const std::string& controller, bool success, double seconds);
  void ScrapeDone(bool complete, double bytes, double seconds);
  void NotificationSent(const std::string& integration, bool success);
  void StoreCommitted(bool success, double seconds);
  void ConfigReloaded(bool success, double unix_seconds);
  // The host's clock was set by so much.
  void ClockSet(double seconds);

  Counter log_dropped_bytes;
  Counter manifest_errors;      // each failed reading of a file
  Gauge manifest_files_broken;  // files whose newest text is not applied
  Gauge store_degraded;         // 1 while nothing written is durable

 private:
  SelfMetrics& metrics_;
};

}  // namespace belfry::self
