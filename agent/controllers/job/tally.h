// Counting a Job's pods, each exactly once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/api/object.h"
#include "agent/controllers/job/completion.h"
#include "agent/controllers/job/decide.h"

namespace belfry::controllers {

// The pods of one look, sorted by what they mean for the Job.
struct JobCount {
  std::vector<api::Ptr<api::Pod>> active;
  std::vector<api::Ptr<api::Pod>> terminating;
  // Counted in this look: `status` has them, their marks go.
  std::vector<std::string> unmark;
  // With backoffLimitPerIndex: the newest failed pod of each index that waits for its replacement; it keeps
  // its mark, because its annotations say how often the index has failed.
  std::map<int32_t, api::Ptr<api::Pod>> awaiting_replacement;
  JobTally tally;
  PolicyMatches policy_matches{};
  bool cut = false;  // more have ended than one look counts
};

// Moves ended pods into `status` (counters, index lists, back-off), at most kPodsPerReconcile of them; the
// tally has all of them. A pod carries its mark until it is counted.
JobCount CountPods(const api::Job& job, const JobObserved& observed, api::JobStatus& status);

// True if the pod has a place in the count: NonIndexed, or a valid index.
bool HasValidIndex(const api::JobSpec& spec, const api::Pod& pod);

}  // namespace belfry::controllers
