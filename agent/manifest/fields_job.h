// Field names of batch/v1. Source: kubernetes/api batch/v1 as of 1.34.
#pragma once

#include "agent/manifest/fields_pod.h"

namespace belfry::manifest {

template <class V, Is<api::FailurePolicyOnExitCodes> T>
void Fields(V& v, T& rule) {
  v.Field("containerName", rule.container_name);
  v.Always("operator", rule.op);
  v.Always("values", rule.values);
}

template <class V, Is<api::FailurePolicyOnPodCondition> T>
void Fields(V& v, T& pattern) {
  v.Always("type", pattern.type);
  v.Always("status", pattern.status);
}

template <class V, Is<api::PodFailurePolicyRule> T>
void Fields(V& v, T& rule) {
  v.Always("action", rule.action);
  v.Field("onExitCodes", rule.on_exit_codes);
  v.Field("onPodConditions", rule.on_pod_conditions);
}

template <class V, Is<api::PodFailurePolicy> T>
void Fields(V& v, T& policy) {
  v.Always("rules", policy.rules);
}

template <class V, Is<api::SuccessPolicyRule> T>
void Fields(V& v, T& rule) {
  v.Field("succeededIndexes", rule.succeeded_indexes);
  v.Field("succeededCount", rule.succeeded_count);
}

template <class V, Is<api::SuccessPolicy> T>
void Fields(V& v, T& policy) {
  v.Always("rules", policy.rules);
}

template <class V, Is<api::JobSpec> T>
void Fields(V& v, T& spec) {
  v.Field("parallelism", spec.parallelism);
  v.Field("completions", spec.completions);
  v.Field("activeDeadlineSeconds", spec.active_deadline_seconds);
  v.Field("podFailurePolicy", spec.pod_failure_policy);
  v.Field("successPolicy", spec.success_policy);
  v.Field("backoffLimit", spec.backoff_limit);
  v.Field("backoffLimitPerIndex", spec.backoff_limit_per_index);
  v.Field("maxFailedIndexes", spec.max_failed_indexes);
  v.Field("selector", spec.selector);
  v.Field("manualSelector", spec.manual_selector);
  v.Always("template", spec.pod_template);
  v.Field("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished);
  v.Field("completionMode", spec.completion_mode);
  v.Field("suspend", spec.suspend);
  v.Field("podReplacementPolicy", spec.pod_replacement_policy);
  v.Field("managedBy", spec.managed_by);
  v.Kept("scheduling");
}

template <class V, Is<api::UncountedTerminatedPods> T>
void Fields(V& v, T& pods) {
  v.Field("succeeded", pods.succeeded);
  v.Field("failed", pods.failed);
}

template <class V, Is<api::JobBackoff> T>
void Fields(V& v, T& backoff) {
  v.Field("failuresSinceSuccess", backoff.failures_since_success);
  v.Precise("lastFailure", backoff.last_failure);
}

template <class V, Is<api::JobStatus> T>
void Fields(V& v, T& status) {
  v.Field("conditions", status.conditions);
  v.Field("startTime", status.start_time);
  v.Field("completionTime", status.completion_time);
  v.Field("active", status.active);
  v.Field("succeeded", status.succeeded);
  v.Field("failed", status.failed);
  v.Field("terminating", status.terminating);
  v.Field("completedIndexes", status.completed_indexes);
  v.Field("failedIndexes", status.failed_indexes);
  v.Field("uncountedTerminatedPods", status.uncounted_terminated_pods);
  v.Field("ready", status.ready);
  v.Field("belfryBackoff", status.backoff);
}

template <class V, Is<api::Job> T>
void Fields(V& v, T& job) {
  v.Always("metadata", job.metadata);
  v.Always("spec", job.spec);
  v.Always("status", job.status);
}

template <class V, Is<api::JobTemplateSpec> T>
void Fields(V& v, T& pattern) {
  v.Field("metadata", pattern.metadata);
  v.Always("spec", pattern.spec);
}

template <class V, Is<api::CronJobSpec> T>
void Fields(V& v, T& spec) {
  v.Always("schedule", spec.schedule);
  v.Field("timeZone", spec.time_zone);
  v.Field("startingDeadlineSeconds", spec.starting_deadline_seconds);
  v.Field("concurrencyPolicy", spec.concurrency_policy);
  v.Field("suspend", spec.suspend);
  v.Always("jobTemplate", spec.job_template);
  v.Field("successfulJobsHistoryLimit", spec.successful_jobs_history_limit);
  v.Field("failedJobsHistoryLimit", spec.failed_jobs_history_limit);
}

template <class V, Is<api::CronJobStatus> T>
void Fields(V& v, T& status) {
  v.Field("active", status.active);
  v.Field("lastScheduleTime", status.last_schedule_time);
  v.Field("lastSuccessfulTime", status.last_successful_time);
  v.Field("belfryAccountedUntil", status.accounted_until);
}

template <class V, Is<api::CronJob> T>
void Fields(V& v, T& cronjob) {
  v.Always("metadata", cronjob.metadata);
  v.Always("spec", cronjob.spec);
  v.Always("status", cronjob.status);
}

}  // namespace belfry::manifest
