#include "agent/controllers/cronjob/job_template.h"

#include "agent/api/object.h"

namespace belfry::controllers {

std::string JobNameFor(const std::string& cronjob, Instant slot) {
  return cronjob + "-" + std::to_string(std::chrono::floor<minutes>(slot).time_since_epoch().count());
}

api::Job JobFor(const api::CronJob& cronjob, Instant slot, const cron::Zone& zone) {
  const api::JobTemplateSpec& pattern = cronjob.spec.job_template;
  api::Job job;
  job.metadata.name = JobNameFor(cronjob.metadata.name, slot);
  job.metadata.ns = cronjob.metadata.ns;
  // A Job without labels takes those of its pods (Kubernetes' defaulting of Jobs).
  job.metadata.labels =
      pattern.metadata.labels.empty() ? pattern.spec.pod_template.metadata.labels : pattern.metadata.labels;
  job.metadata.annotations = pattern.metadata.annotations;
  job.metadata.annotations[std::string(api::kScheduledTimestampAnnotation)] = cron::FormatInZone(slot, zone);
  job.metadata.owner_references = {api::ControllerReference(cronjob)};
  job.spec = pattern.spec;
  job.kept = api::Rebase(cronjob.kept, "spec.jobTemplate.spec.", "spec.");
  return job;
}

}  // namespace belfry::controllers
