// What a look at a Job did, for whoever counts; the names are those of upstream's metrics.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/controllers/job/decide.h"

namespace belfry::controllers {

struct JobLook {
  std::string completion_mode;
  bool success = false;     // the look, not the Job
  std::string_view action;  // reconciling, pods_created, pods_deleted
  Duration took{0};
  int64_t pods_succeeded = 0;  // counted in this look, as are all below
  int64_t pods_failed = 0;
  int64_t indexes_succeeded = 0;
  int64_t indexes_failed = 0;
  bool per_index = false;  // has backoffLimitPerIndex
  PolicyMatches policy_matches{};
  PodCreateReason create_reason = PodCreateReason::kNew;
  int64_t pods_created = 0;
  int64_t pods_not_created = 0;
  std::optional<bool> finished;  // true: Complete
  std::string reason;            // of the end
};

// Each may be empty. Thread: the core loop's.
struct JobObserver {
  std::function<void(const JobLook&)> looked;
  // An ended pod that waits to be counted came (true) or was counted (false).
  std::function<void(bool waits)> tracked;
  // A Job of somebody else's was seen: its spec.managedBy.
  std::function<void(const std::string& manager)> foreign;
};

}  // namespace belfry::controllers
