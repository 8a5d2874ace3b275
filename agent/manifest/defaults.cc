#include "agent/manifest/defaults.h"

#include <limits>

namespace belfry::manifest {
namespace {

template <class T>
void Default(std::optional<T>& field, T value) {
  if (!field) field = value;
}

void Default(std::string& field, std::string_view value) {
  if (field.empty()) field = value;
}

void ApplyContainerDefaults(api::Container& container) {
  for (api::ContainerPort& port : container.ports) Default(port.protocol, "TCP");
  for (api::EnvVar& env : container.env) {
    if (auto* field = std::get_if<api::FieldRef>(&env.value_from)) Default(field->api_version, "v1");
  }
  // A limit alone is a request as well.
  for (const auto& [resource, quantity] : container.resources.limits) {
    container.resources.requests.emplace(resource, quantity);
  }
}

void ApplyPodSpecDefaults(api::PodSpec& spec) {
  Default(spec.restart_policy, "Always");
  Default(spec.termination_grace_period_seconds, int64_t{30});
  for (api::Volume& volume : spec.volumes) {
    if (!volume.claim && volume.source_json.size() <= 2) volume.source_json = R"({"emptyDir":{}})";
  }
  for (api::Container& container : spec.init_containers) ApplyContainerDefaults(container);
  for (api::Container& container : spec.containers) ApplyContainerDefaults(container);
}

void ApplyPodTemplateDefaults(api::JobSpec& spec) {
  ApplyPodSpecDefaults(spec.pod_template.spec);
  if (!spec.pod_failure_policy) return;
  for (api::PodFailurePolicyRule& rule : spec.pod_failure_policy->rules) {
    for (api::FailurePolicyOnPodCondition& pattern : rule.on_pod_conditions) Default(pattern.status, "True");
  }
}

}  // namespace

void ApplyDefaults(api::Job& job) {
  api::JobSpec& spec = job.spec;
  ApplyPodTemplateDefaults(spec);
  // Parallelism alone means a work queue: completions then stays absent.
  if (!spec.completions && !spec.parallelism) spec.completions = 1;
  Default(spec.parallelism, 1);
  Default(spec.backoff_limit, spec.backoff_limit_per_index ? std::numeric_limits<int32_t>::max() : 6);
  Default(spec.completion_mode, "NonIndexed");
  Default(spec.suspend, false);
  Default(spec.pod_replacement_policy, spec.pod_failure_policy ? "Failed" : "TerminatingOrFailed");
}

void ApplyDefaults(api::CronJob& cronjob) {
  api::CronJobSpec& spec = cronjob.spec;
  ApplyPodTemplateDefaults(spec.job_template.spec);
  Default(spec.concurrency_policy, "Allow");
  Default(spec.suspend, false);
  Default(spec.successful_jobs_history_limit, 3);
  Default(spec.failed_jobs_history_limit, 1);
}

void ApplyDefaults(api::Pod& pod) { ApplyPodSpecDefaults(pod.spec); }
void ApplyDefaults(api::ConfigMap&) {}
void ApplyDefaults(api::Secret& secret) { Default(secret.type, "Opaque"); }
void ApplyDefaults(api::PersistentVolumeClaim& claim) { claim.phase = "Bound"; }
void ApplyDefaults(api::PrometheusRule&) {}
void ApplyDefaults(api::Event&) {}

void CompleteJob(api::Job& job) {
  api::StringMap& labels = job.spec.pod_template.metadata.labels;
  if (!job.spec.manual_selector.value_or(false)) {
    const auto& uid = job.metadata.uid;
    // A label that is there already and differs stays: validation refuses it.
    labels.emplace(kControllerUidLabel, uid);
    labels.emplace(kLegacyControllerUidLabel, uid);
    labels.emplace(kJobNameLabel, job.metadata.name);
    labels.emplace(kLegacyJobNameLabel, job.metadata.name);
    if (!job.spec.selector) {
      job.spec.selector = api::LabelSelector{.match_labels = {{std::string(kControllerUidLabel), uid}},
                                             .match_expressions = {}};
    }
  }
  if (job.metadata.labels.empty()) job.metadata.labels = labels;
}

}  // namespace belfry::manifest
