#include <algorithm>

#include "agent/cron/expression.h"
#include "agent/cron/zone.h"
#include "agent/manifest/names.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr size_t kMaxNameBytes = 52;  // the Jobs' names add eleven

bool NamesZone(const std::string& schedule) { return schedule.find("TZ") != std::string::npos; }

void ValidateSchedule(const api::CronJobSpec& spec, const std::string* before, FieldErrors& errors) {
  const std::string& schedule = spec.schedule;
  if (schedule.empty()) return errors.Required("spec.schedule");
  if (NamesZone(schedule)) {
    // What is stored already with a zone inside may stay, unless it has two of them.
    const bool kept = before != nullptr && NamesZone(*before);
    if (kept && !spec.time_zone) return;
    return errors.Invalid("spec.schedule", schedule,
                          kept ? "cannot use both timeZone field and TZ or CRON_TZ in schedule"
                               : "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  }
  const auto parsed = cron::Parse(schedule);
  if (!parsed.ok()) errors.Invalid("spec.schedule", schedule, parsed.error().message);
}

void ValidateTimeZone(const api::CronJobSpec& spec, FieldErrors& errors) {
  if (!spec.time_zone) return;
  const auto name = cron::CheckTimeZoneName(*spec.time_zone);
  if (!name.ok()) errors.Invalid("spec.timeZone", *spec.time_zone, name.error().message);
}

}  // namespace

void ValidateCronJob(const api::CronJob& cronjob, const std::string* before_schedule, FieldErrors& errors) {
  static constexpr std::string_view kPolicies[] = {"Allow", "Forbid", "Replace"};
  const api::CronJobSpec& spec = cronjob.spec;
  if (before_schedule == nullptr && cronjob.metadata.name.size() > kMaxNameBytes) {
    errors.Invalid("metadata.name", cronjob.metadata.name, "must be no more than 52 characters");
  }
  ValidateSchedule(spec, before_schedule, errors);
  ValidateTimeZone(spec, errors);
  errors.NonNegative("spec.startingDeadlineSeconds", spec.starting_deadline_seconds);
  if (spec.concurrency_policy.empty()) {
    errors.Required("spec.concurrencyPolicy");
  } else if (std::ranges::find(kPolicies, spec.concurrency_policy) == std::end(kPolicies)) {
    errors.Unsupported("spec.concurrencyPolicy", spec.concurrency_policy, kPolicies);
  }
  ValidateLabelsAndAnnotations(spec.job_template.metadata, "spec.jobTemplate.metadata", errors);
  ValidateJobSpec(spec.job_template.spec, "spec.jobTemplate.spec", JobParent::kCronJob, errors);
  errors.NonNegative("spec.successfulJobsHistoryLimit", spec.successful_jobs_history_limit);
  errors.NonNegative("spec.failedJobsHistoryLimit", spec.failed_jobs_history_limit);
}

}  // namespace belfry::manifest
