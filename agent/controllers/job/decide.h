// What to do about a Job, given its pods; pure.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "agent/api/object.h"
#include "agent/controllers/controller.h"

namespace belfry::controllers {

// Pods that one reconcile creates, ends or counts at most; the rest waits for the next one, so that a Job
// of a hundred thousand completions does not hold the loop.
inline constexpr size_t kPodsPerReconcile = 100;

struct JobObserved {
  // The Job's pods (by controller reference) that are not yet counted or have not ended. Others may be left
  // out.
  std::vector<api::Ptr<api::Pod>> pods;
};

// Why pods are created, in the words of upstream's metric.
enum class PodCreateReason { kNew, kRecreateTerminatingOrFailed, kRecreateFailed };

// Failed pods counted in one look, by the action of the rule that matched them.
using PolicyMatches = std::array<int32_t, 4>;  // by FailureAction

// Requires of whoever applies it: all in one turn of the store, so that a pod's mark and the counter it has
// gone into change together; that is what upstream's uncountedTerminatedPods is for.
struct JobDecision {
  api::JobStatus status;
  std::vector<api::Pod> create;     // without names; generate_name is set
  std::vector<std::string> unmark;  // pods that are counted (or never will be) and lose their mark
  std::vector<std::string> remove;  // pods to be deleted with their grace period; their marks are dropped too
  std::vector<std::string> stop;    // pods to be stopped with their grace period, and kept; marks go, too
  std::vector<EventNote> events;
  Look look;
  PodCreateReason create_reason = PodCreateReason::kNew;  // of `create`
  PolicyMatches policy_matches{};
};

// Source: kubernetes pkg/controller/job syncJob, as of 1.34, all gates on; deviations in docs/jobs.md.
JobDecision DecideJob(const api::Job& job, const JobObserved& observed, Instant now);

}  // namespace belfry::controllers
