// Whether a Job is over, and the conditions that say so.
#pragma once

#include <optional>
#include <string>

#include "agent/api/job.h"
#include "agent/controllers/job/indexes.h"

namespace belfry::controllers {

// How a Job ends: first the interim condition, once everything is gone the final one with the same words.
struct JobEnd {
  bool success = false;
  std::string reason;
  std::string message;

  bool operator==(const JobEnd&) const = default;
};

// What the end depends on, counted over everything seen so far.
struct JobTally {
  int64_t succeeded = 0;
  int64_t failed = 0;
  int64_t restarts_of_live_pods = 0;  // Running and Pending ones
  IndexSet completed;
  IndexSet failed_indexes;
  std::optional<std::string> fail_job;  // message of a matched FailJob rule
};

// The end that the Job has come to, if any; the first of the list in docs/jobs.md that applies. Success by
// reaching the completions is not among them: it depends on what still runs.
std::optional<JobEnd> FindEnd(const api::JobSpec& spec, const api::JobStatus& status, const JobTally& tally,
                              Instant now);

JobEnd CompletionsReached();

// When activeDeadlineSeconds will have passed; nothing while suspended or not started.
std::optional<Instant> Deadline(const api::JobSpec& spec, const api::JobStatus& status);

api::Condition InterimCondition(const JobEnd& end, Instant now);
api::Condition FinalCondition(const JobEnd& end, Instant now);

// Sets Suspended=True, or to False if it was True. True if it changed.
bool SetSuspended(api::JobStatus& status, bool suspended, Instant now);

}  // namespace belfry::controllers
