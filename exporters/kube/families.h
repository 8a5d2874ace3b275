// The families of kube-state-metrics that batch work needs.
// Source: kube-state-metrics 2.20.0; names, types, labels and values are theirs, the help texts are ours.
#pragma once

#include <cstddef>
#include <vector>

#include "exporters/model/source.h"

namespace belfry::kube {

// In the order of Families().
enum class FamilyId : size_t {
  kJobAnnotations,
  kJobLabels,
  kJobInfo,
  kJobCreated,
  kJobSpecParallelism,
  kJobSpecCompletions,
  kJobSpecActiveDeadlineSeconds,
  kJobStatusSucceeded,
  kJobStatusFailed,
  kJobStatusActive,
  kJobStatusReady,
  kJobComplete,
  kJobFailed,
  kJobStatusStartTime,
  kJobStatusCompletionTime,
  kJobStatusSuspended,
  kJobOwner,

  kCronJobAnnotations,
  kCronJobLabels,
  kCronJobInfo,
  kCronJobCreated,
  kCronJobStatusActive,
  kCronJobStatusLastScheduleTime,
  kCronJobStatusLastSuccessfulTime,
  kCronJobSpecSuspend,
  kCronJobSpecStartingDeadlineSeconds,
  kCronJobNextScheduleTime,
  kCronJobScheduleInvalid,
  kCronJobResourceVersion,
  kCronJobSuccessfulJobHistoryLimit,
  kCronJobFailedJobHistoryLimit,

  kPodInfo,
  kPodOwner,
  kPodCreated,
  kPodStartTime,
  kPodCompletionTime,
  kPodDeletionTimestamp,
  kPodStatusPhase,
  kPodStatusReason,
  kPodStatusDisruptionReason,
  kPodStatusReady,
  kPodStatusScheduled,
  kPodStatusScheduledTime,
  kPodStatusUnschedulable,
  kPodStatusReadyTime,
  kPodStatusInitializedTime,
  kPodStatusContainerReadyTime,
  kPodStatusQosClass,
  kPodRestartPolicy,
  kPodContainerInfo,
  kPodContainerStateStarted,
  kPodContainerRunning,
  kPodContainerWaiting,
  kPodContainerTerminated,
  kPodContainerReady,
  kPodContainerWaitingReason,
  kPodContainerTerminatedReason,
  kPodContainerLastTerminatedReason,
  kPodContainerLastTerminatedExitCode,
  kPodContainerLastTerminatedTimestamp,
  kPodContainerRestarts,
  kPodContainerResourceRequests,
  kPodContainerResourceLimits,

  kNamespaceStatusPhase,
  kNodeInfo,
  kCount,
};

std::vector<model::Family> Families();

}  // namespace belfry::kube
