// The Job controller's own metrics, under the names that upstream's controller manager has given them.
// Source: kubernetes pkg/controller/job/metrics and ttlafterfinished/metrics, as of 1.34.
#pragma once

#include <cstdint>
#include <string>

#include "exporters/self/self_metrics.h"

namespace belfry::self {

// Numbers of 0 count nothing. Thread: any.
class JobMetrics {
 public:
  // Requires: `metrics` outlives this.
  explicit JobMetrics(SelfMetrics& metrics);

  // `mode`: Indexed, NonIndexed. `action`: reconciling, pods_created, pods_deleted.
  void Synced(const std::string& mode, bool success, const std::string& action, double seconds);
  void JobFinished(const std::string& mode, bool complete, const std::string& reason);
  void PodsFinished(const std::string& mode, int64_t succeeded, int64_t failed);
  void IndexesFinished(int64_t succeeded, int64_t failed, bool limit_per_index);
  // `action`: Count, Ignore, FailIndex, FailJob.
  void PolicyMatched(const std::string& action, int64_t pods);
  // `reason`: new, recreate_terminating_or_failed, recreate_failed.
  void PodsCreated(const std::string& reason, int64_t succeeded, int64_t failed);
  // An ended pod began (or ceased) to wait for being counted.
  void Tracked(bool waits);
  void ForeignJob(const std::string& controller);
  // A Job went this long after its ttl had passed.
  void TtlDeleted(double seconds);

 private:
  void Count(const std::string& name, const std::string& help, const LabelMap& labels, int64_t by);

  SelfMetrics& metrics_;
};

}  // namespace belfry::self
