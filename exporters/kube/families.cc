#include "exporters/kube/families.h"

#include <iterator>
#include <string_view>

namespace belfry::kube {
namespace {

struct Head {
  std::string_view name;
  std::string_view help;
};

constexpr Head kHeads[] = {
    {"kube_job_annotations", "Annotations of the Job that were allowed, as labels."},
    {"kube_job_labels", "[STABLE] Labels of the Job that were allowed, as labels."},
    {"kube_job_info", "[STABLE] The Job exists."},
    {"kube_job_created", "[STABLE] When the Job was created, in unix seconds."},
    {"kube_job_spec_parallelism", "[STABLE] How many pods the Job wants to run at once, at most."},
    {"kube_job_spec_completions", "[STABLE] How many pods must succeed; absent for a work queue."},
    {"kube_job_spec_active_deadline_seconds",
     "[STABLE] How long the Job may be active, counted from its start, in seconds."},
    {"kube_job_status_succeeded", "[STABLE] How many pods have succeeded."},
    {"kube_job_status_failed",
     "[STABLE] How many pods have failed; once the Job has failed for a known reason, 1 for that reason "
     "instead."},
    {"kube_job_status_active", "[STABLE] How many pods are pending or running."},
    {"kube_job_status_ready", "How many pods are ready."},
    {"kube_job_complete", "[STABLE] The Job's condition Complete."},
    {"kube_job_failed", "[STABLE] The Job's condition Failed."},
    {"kube_job_status_start_time", "[STABLE] When the Job was started, in unix seconds."},
    {"kube_job_status_completion_time",
     "[STABLE] When the Job completed, in unix seconds; never for a failed one."},
    {"kube_job_status_suspended", "Whether the Job is suspended."},
    {"kube_job_owner", "[STABLE] Who owns the Job."},

    {"kube_cronjob_annotations", "Annotations of the CronJob that were allowed, as labels."},
    {"kube_cronjob_labels", "[STABLE] Labels of the CronJob that were allowed, as labels."},
    {"kube_cronjob_info", "[STABLE] The CronJob's schedule, time zone and concurrency policy."},
    {"kube_cronjob_created", "[STABLE] When the CronJob was created, in unix seconds."},
    {"kube_cronjob_status_active", "[STABLE] How many Jobs of the CronJob are running."},
    {"kube_cronjob_status_last_schedule_time",
     "[STABLE] The scheduled instant of the newest run, in unix seconds; absent before the first one."},
    {"kube_cronjob_status_last_successful_time",
     "[STABLE] When a run last completed, in unix seconds; absent before the first one."},
    {"kube_cronjob_spec_suspend", "[STABLE] Whether the CronJob is suspended."},
    {"kube_cronjob_spec_starting_deadline_seconds", "[STABLE] How late a run may start, in seconds."},
    {"kube_cronjob_next_schedule_time",
     "[STABLE] The first scheduled instant after the newest run, in unix seconds; in the past when one is "
     "late."},
    {"kube_cronjob_schedule_invalid", "The CronJob's schedule or time zone cannot be read."},
    {"kube_cronjob_metadata_resource_version", "[STABLE] The CronJob's resource version."},
    {"kube_cronjob_spec_successful_job_history_limit", "How many completed Jobs are kept."},
    {"kube_cronjob_spec_failed_job_history_limit", "How many failed Jobs are kept."},

    {"kube_pod_info", "[STABLE] The pod exists; where it runs and who created it."},
    {"kube_pod_owner", "[STABLE] Who owns the pod."},
    {"kube_pod_created", "[STABLE] When the pod was created, in unix seconds."},
    {"kube_pod_start_time", "[STABLE] When the pod was taken up, in unix seconds."},
    {"kube_pod_completion_time", "[STABLE] When the last container that has ended did so, in unix seconds."},
    {"kube_pod_deletion_timestamp", "When the pod will be gone at the latest, in unix seconds."},
    {"kube_pod_status_phase", "[STABLE] The pod's phase."},
    {"kube_pod_status_reason", "Why the pod is in its phase, where there is a known reason."},
    {"kube_pod_status_disruption_reason", "Why the pod was disrupted."},
    {"kube_pod_status_ready", "[STABLE] The pod's condition Ready."},
    {"kube_pod_status_scheduled", "[STABLE] The pod's condition PodScheduled."},
    {"kube_pod_status_scheduled_time", "[STABLE] When the pod was scheduled, in unix seconds."},
    {"kube_pod_status_unschedulable", "[STABLE] The pod cannot be scheduled."},
    {"kube_pod_status_ready_time", "When the pod became ready, in unix seconds."},
    {"kube_pod_status_initialized_time", "When the pod's init containers were done, in unix seconds."},
    {"kube_pod_status_container_ready_time", "When the pod's containers became ready, in unix seconds."},
    {"kube_pod_status_qos_class", "The pod's quality of service class."},
    {"kube_pod_restart_policy", "[STABLE] The pod's restart policy."},
    {"kube_pod_container_info", "[STABLE] The container exists; its image and identity."},
    {"kube_pod_container_state_started", "[STABLE] When the container was started, in unix seconds."},
    {"kube_pod_container_status_running", "[STABLE] Whether the container is running."},
    {"kube_pod_container_status_waiting", "[STABLE] Whether the container is waiting."},
    {"kube_pod_container_status_terminated", "[STABLE] Whether the container has ended."},
    {"kube_pod_container_status_ready", "[STABLE] Whether the container is ready."},
    {"kube_pod_container_status_waiting_reason", "[STABLE] Why the container is waiting."},
    {"kube_pod_container_status_terminated_reason", "Why the container has ended."},
    {"kube_pod_container_status_last_terminated_reason", "Why the container ended the time before."},
    {"kube_pod_container_status_last_terminated_exitcode", "The exit code of the container the time before."},
    {"kube_pod_container_status_last_terminated_timestamp",
     "When the container ended the time before, in unix seconds."},
    {"kube_pod_container_status_restarts", "[STABLE] How often the container was started again."},
    {"kube_pod_container_resource_requests", "[STABLE] What the container asks for."},
    {"kube_pod_container_resource_limits", "[STABLE] What the container may use."},

    {"kube_namespace_status_phase", "[STABLE] The namespace's phase."},
    {"kube_node_info", "[STABLE] The host that runs the pods."},
};
static_assert(std::size(kHeads) == static_cast<size_t>(FamilyId::kCount));

}  // namespace

std::vector<model::Family> Families() {
  std::vector<model::Family> families;
  families.reserve(std::size(kHeads));
  for (const Head& head : kHeads) {
    const bool counter = families.size() == static_cast<size_t>(FamilyId::kPodContainerRestarts);
    families.push_back({.name = std::string(head.name),
                        .help = std::string(head.help),
                        .type = counter ? model::MetricType::kCounter : model::MetricType::kGauge,
                        .unit = {}});
  }
  return families;
}

}  // namespace belfry::kube
