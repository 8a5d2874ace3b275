// batch/v1 CronJob.
// Source: kubernetes/api batch/v1 as of 1.34.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/api/job.h"

namespace belfry::api {

struct JobTemplateSpec {
  ObjectMeta metadata;  // labels and annotations count
  JobSpec spec;

  bool operator==(const JobTemplateSpec&) const = default;
};

struct CronJobSpec {
  std::string schedule;
  std::optional<std::string> time_zone;  // absent: the host's zone
  std::optional<int64_t> starting_deadline_seconds;
  std::string concurrency_policy;  // Allow, Forbid, Replace
  std::optional<bool> suspend;
  JobTemplateSpec job_template;
  std::optional<int32_t> successful_jobs_history_limit;
  std::optional<int32_t> failed_jobs_history_limit;

  bool operator==(const CronJobSpec&) const = default;
};

struct CronJobStatus {
  std::vector<ObjectReference> active;
  std::optional<Instant> last_schedule_time;  // the slot, not the moment of the start
  std::optional<Instant> last_successful_time;
  // Every slot up to here was started or written off, and said so once. Ours: status.belfryAccountedUntil;
  // see docs/cron.md.
  std::optional<Instant> accounted_until;

  bool operator==(const CronJobStatus&) const = default;
};

struct CronJob {
  static constexpr Kind kKind = Kind::kCronJob;
  ObjectMeta metadata;
  CronJobSpec spec;
  CronJobStatus status;
  Kept kept;

  bool operator==(const CronJob&) const = default;
};

inline constexpr std::string_view kScheduledTimestampAnnotation =
    "batch.kubernetes.io/cronjob-scheduled-timestamp";
// On a Job that somebody made of a CronJob's template: `manual`. Source: kubectl create job --from.
inline constexpr std::string_view kInstantiateAnnotation = "cronjob.kubernetes.io/instantiate";
// On a Job: it is the run of a past slot, asked for by somebody. It counts as active.
inline constexpr std::string_view kBackfillAnnotation = "belfry.io/backfill";

}  // namespace belfry::api
