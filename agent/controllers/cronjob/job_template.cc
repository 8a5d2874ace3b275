#include "agent/controllers/cronjob/job_template.h"

#include "agent/api/object.h"

namespace belfry::controllers {

std::string JobNameFor(const std::string& cronjob, const cron::Schedule& schedule, Instant slot) {
  const auto* every = std::get_if<cron::Every>(&schedule.rule);
  const Duration unit = every != nullptr && every->interval < minutes(1) ? seconds(1) : minutes(1);
  return cronjob + "-" + std::to_string(slot.time_since_epoch() / unit);
}

api::Job JobOfTemplate(const api::CronJob& cronjob) {
  const api::JobTemplateSpec& pattern = cronjob.spec.job_template;
  api::Job job;
  job.metadata.ns = cronjob.metadata.ns;
  // A Job without labels takes those of its pods (Kubernetes' defaulting of Jobs).
  job.metadata.labels =
      pattern.metadata.labels.empty() ? pattern.spec.pod_template.metadata.labels : pattern.metadata.labels;
  job.metadata.annotations = pattern.metadata.annotations;
  job.metadata.owner_references = {api::ControllerReference(cronjob)};
  job.spec = pattern.spec;
  job.kept = api::Rebase(cronjob.kept, "spec.jobTemplate.spec.", "spec.");
  return job;
}

api::Job JobFor(const api::CronJob& cronjob, const cron::Schedule& schedule, Instant slot,
                const cron::Zone& zone) {
  api::Job job = JobOfTemplate(cronjob);
  job.metadata.name = JobNameFor(cronjob.metadata.name, schedule, slot);
  job.metadata.annotations[std::string(api::kScheduledTimestampAnnotation)] = cron::FormatInZone(slot, zone);
  return job;
}

}  // namespace belfry::controllers
