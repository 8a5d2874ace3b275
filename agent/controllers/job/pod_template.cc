#include "agent/controllers/job/pod_template.h"

#include <algorithm>

#include "agent/api/object.h"
#include "agent/controllers/deletion.h"
#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {
namespace {

constexpr size_t kLongestPrefix = 58;  // five characters are added to make a label's 63

std::string NamePrefix(const std::string& job, std::optional<int32_t> index) {
  const std::string tail = index ? "-" + std::to_string(*index) + "-" : "-";
  if (index) return job.substr(0, kLongestPrefix - tail.size()) + tail;
  return (job + tail).substr(0, kLongestPrefix);
}

void AddIndexVariable(std::vector<api::Container>& containers) {
  for (api::Container& container : containers) {
    const bool own = std::ranges::any_of(
        container.env, [](const api::EnvVar& variable) { return variable.name == "JOB_COMPLETION_INDEX"; });
    if (own) continue;
    container.env.push_back(
        {.name = "JOB_COMPLETION_INDEX",
         .value_from = api::FieldRef{.field_path = "metadata.labels['" +
                                                   std::string(kCompletionIndexAnnotation) + "']"}});
  }
}

void AddFailureCounts(const api::JobSpec& spec, const api::Pod* previous, api::StringMap& annotations) {
  int32_t failures = 0;
  int32_t ignored = 0;
  if (previous != nullptr) {
    failures = CountAnnotation(*previous, kIndexFailureCountAnnotation);
    ignored = CountAnnotation(*previous, kIndexIgnoredFailureCountAnnotation);
    ++(MatchFailurePolicy(spec, *previous).counted() ? failures : ignored);
  }
  annotations[std::string(kIndexFailureCountAnnotation)] = std::to_string(failures);
  if (ignored > 0) annotations[std::string(kIndexIgnoredFailureCountAnnotation)] = std::to_string(ignored);
}

}  // namespace

api::StringMap JobPodLabels(const api::Job& job) {
  return {{"batch.kubernetes.io/controller-uid", job.metadata.uid},
          {"batch.kubernetes.io/job-name", job.metadata.name},
          {"controller-uid", job.metadata.uid},
          {"job-name", job.metadata.name}};
}

api::Pod BuildPod(const api::Job& job, std::optional<int32_t> index, const api::Pod* previous) {
  const api::PodTemplateSpec& pod_template = job.spec.pod_template;
  api::Pod pod;
  api::ObjectMeta& meta = pod.metadata;
  meta.ns = job.metadata.ns;
  meta.generate_name = NamePrefix(job.metadata.name, index);
  meta.labels = pod_template.metadata.labels;
  meta.labels.merge(JobPodLabels(job));
  meta.annotations = pod_template.metadata.annotations;
  meta.finalizers.emplace_back(kJobTrackingFinalizer);
  meta.owner_references.push_back(api::ControllerReference(job));
  pod.spec = pod_template.spec;
  pod.kept = api::Rebase(job.kept, "spec.template.", "");
  if (!index) return pod;

  meta.labels[std::string(kCompletionIndexAnnotation)] = std::to_string(*index);
  meta.annotations[std::string(kCompletionIndexAnnotation)] = std::to_string(*index);
  if (HasBackoffLimitPerIndex(job.spec)) AddFailureCounts(job.spec, previous, meta.annotations);
  pod.spec.hostname = job.metadata.name + "-" + std::to_string(*index);
  AddIndexVariable(pod.spec.init_containers);
  AddIndexVariable(pod.spec.containers);
  return pod;
}

}  // namespace belfry::controllers
