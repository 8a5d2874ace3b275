#include "exporters/self/job_metrics.h"

namespace belfry::self {
namespace {

std::vector<double> Doubling(double first, int count) {
  std::vector<double> bounds;
  for (int i = 0; i < count; ++i, first *= 2) bounds.push_back(first);
  return bounds;
}

const char* ResultName(bool success) { return success ? "succeeded" : "failed"; }

}  // namespace

JobMetrics::JobMetrics(SelfMetrics& metrics) : metrics_(metrics) {
  for (const char* mode : {"Indexed", "NonIndexed"}) PodsFinished(mode, 0, 0);
  for (const char* action : {"Count", "Ignore", "FailIndex", "FailJob"}) PolicyMatched(action, 0);
  for (const bool limit_per_index : {false, true}) IndexesFinished(0, 0, limit_per_index);
  for (const char* reason : {"new", "recreate_terminating_or_failed", "recreate_failed"})
    PodsCreated(reason, 0, 0);
  for (const char* event : {"add", "delete"})
    Count("job_controller_terminated_pods_tracking_finalizer_total",
          "Ended pods that began (add) or ceased (delete) to wait for being counted.", {{"event", event}}, 0);
}

void JobMetrics::Count(const std::string& name, const std::string& help, const LabelMap& labels, int64_t by) {
  metrics_.GetCounter(name, help, labels).Increment(static_cast<double>(by));
}

void JobMetrics::Synced(const std::string& mode, bool success, const std::string& action, double seconds) {
  static const std::vector<double> bounds = Doubling(0.004, 15);
  const LabelMap labels{
      {"completion_mode", mode}, {"result", success ? "success" : "error"}, {"action", action}};
  Count("job_controller_job_syncs_total", "Looks at a Job.", labels, 1);
  metrics_
      .GetHistogram("job_controller_job_sync_duration_seconds", "How long a look at a Job took, in seconds.",
                    bounds, labels)
      .Observe(seconds);
}

void JobMetrics::JobFinished(const std::string& mode, bool complete, const std::string& reason) {
  Count("job_controller_jobs_finished_total", "Jobs that ended, by the reason of their final condition.",
        {{"completion_mode", mode}, {"result", ResultName(complete)}, {"reason", reason}}, 1);
}

void JobMetrics::PodsFinished(const std::string& mode, int64_t succeeded, int64_t failed) {
  for (const bool success : {true, false})
    Count("job_controller_job_pods_finished_total", "Ended pods that Jobs have counted.",
          {{"completion_mode", mode}, {"result", ResultName(success)}}, success ? succeeded : failed);
}

void JobMetrics::IndexesFinished(int64_t succeeded, int64_t failed, bool limit_per_index) {
  for (const bool success : {true, false})
    Count("job_controller_job_finished_indexes_total", "Indexes that are decided.",
          {{"status", ResultName(success)}, {"backoffLimit", limit_per_index ? "perIndex" : "global"}},
          success ? succeeded : failed);
}

void JobMetrics::PolicyMatched(const std::string& action, int64_t pods) {
  Count("job_controller_pod_failures_handled_by_failure_policy_total",
        "Failed pods that a rule of a podFailurePolicy matched.", {{"action", action}}, pods);
}

void JobMetrics::PodsCreated(const std::string& reason, int64_t succeeded, int64_t failed) {
  for (const bool success : {true, false})
    Count("job_controller_job_pods_creation_total", "Creations of pods.",
          {{"reason", reason}, {"status", ResultName(success)}}, success ? succeeded : failed);
}

void JobMetrics::Tracked(bool waits) {
  Count("job_controller_terminated_pods_tracking_finalizer_total",
        "Ended pods that began (add) or ceased (delete) to wait for being counted.",
        {{"event", waits ? "add" : "delete"}}, 1);
}

void JobMetrics::ForeignJob(const std::string& controller) {
  Count("job_controller_jobs_by_external_controller_total",
        "Looks at Jobs that spec.managedBy gives to others.", {{"controller_name", controller}}, 1);
}

void JobMetrics::TtlDeleted(double seconds) {
  static const std::vector<double> bounds = Doubling(0.1, 14);
  metrics_
      .GetHistogram("ttl_after_finished_controller_job_deletion_duration_seconds",
                    "How long after the end of its ttl a Job was deleted, in seconds.", bounds)
      .Observe(seconds);
}

}  // namespace belfry::self
