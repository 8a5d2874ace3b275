#include "exporters/kube/row.h"
#include "exporters/kube/rows.h"

namespace belfry::kube {
namespace {

// One of four shapes: no reason at all, an empty one, or one series per known reason with or without the
// empty one (docs/metrics.md).
void AddFailed(const api::Job& job, Row& row) {
  static constexpr std::string_view kReasons[] = {"BackoffLimitExceeded", "DeadlineExceeded", "Evicted"};
  if (job.status.failed == 0) return row.Add(FamilyId::kJobStatusFailed, 0);
  bool known = false;
  if (const auto* condition = api::FindCondition(job.status.conditions, api::kJobFailed)) {
    for (const std::string_view reason : kReasons) {
      const bool match = condition->reason == reason;
      known = known || match;
      row.Add(FamilyId::kJobStatusFailed, {{"reason", reason}}, match ? 1 : 0);
    }
  }
  if (!known) row.Add(FamilyId::kJobStatusFailed, {{"reason", ""}}, job.status.failed);
}

void AddAllowed(FamilyId family, std::string_view prefix, const api::StringMap& entries,
                const AllowList& allowed, Row& row) {
  if (allowed.empty()) return;
  const auto labels = MangledLabels(prefix, entries, allowed);
  std::vector<model::LabelView> views;
  for (const model::Label& label : labels) views.push_back({label.name, label.value});
  row.writer().Add(Row::Index(family), views, 1);
}

}  // namespace

void DescribeJob(const api::Job& job, const AllowLists& allowed, model::RowWriter& writer) {
  Row row(writer, {{"namespace", job.metadata.ns}, {"job_name", job.metadata.name}});
  AddAllowed(FamilyId::kJobAnnotations, "annotation", job.metadata.annotations, allowed.annotations, row);
  AddAllowed(FamilyId::kJobLabels, "label", job.metadata.labels, allowed.labels, row);
  row.Add(FamilyId::kJobInfo, 1);
  row.AddTime(FamilyId::kJobCreated, job.metadata.creation_timestamp);
  row.AddIfSet(FamilyId::kJobSpecParallelism, job.spec.parallelism);
  row.AddIfSet(FamilyId::kJobSpecCompletions, job.spec.completions);
  row.AddIfSet(FamilyId::kJobSpecActiveDeadlineSeconds, job.spec.active_deadline_seconds);
  row.Add(FamilyId::kJobStatusSucceeded, job.status.succeeded);
  AddFailed(job, row);
  row.Add(FamilyId::kJobStatusActive, job.status.active);
  row.Add(FamilyId::kJobStatusReady, job.status.ready.value_or(0));
  row.AddCondition(FamilyId::kJobComplete, api::FindCondition(job.status.conditions, api::kJobComplete));
  row.AddCondition(FamilyId::kJobFailed, api::FindCondition(job.status.conditions, api::kJobFailed));
  row.AddTime(FamilyId::kJobStatusStartTime, job.status.start_time);
  row.AddTime(FamilyId::kJobStatusCompletionTime, job.status.completion_time);
  if (const auto* suspended = api::FindCondition(job.status.conditions, api::kJobSuspended)) {
    row.Add(FamilyId::kJobStatusSuspended, suspended->status == api::ConditionStatus::kTrue ? 1 : 0);
  }
  row.AddOwners(FamilyId::kJobOwner, job.metadata.owner_references, "");
}

void DescribeCronJob(const api::CronJob& cronjob, const AllowLists& allowed, const ScheduleReader& schedules,
                     model::RowWriter& writer) {
  const api::CronJobSpec& spec = cronjob.spec;
  const api::CronJobStatus& status = cronjob.status;
  const std::string_view zone = spec.time_zone ? std::string_view(*spec.time_zone) : "local";
  Row row(writer, {{"namespace", cronjob.metadata.ns}, {"cronjob", cronjob.metadata.name}});
  AddAllowed(FamilyId::kCronJobAnnotations, "annotation", cronjob.metadata.annotations, allowed.annotations,
             row);
  AddAllowed(FamilyId::kCronJobLabels, "label", cronjob.metadata.labels, allowed.labels, row);
  row.Add(FamilyId::kCronJobInfo,
          {{"schedule", spec.schedule}, {"concurrency_policy", spec.concurrency_policy}, {"timezone", zone}},
          1);
  row.AddTime(FamilyId::kCronJobCreated, cronjob.metadata.creation_timestamp);
  row.Add(FamilyId::kCronJobStatusActive, static_cast<double>(status.active.size()));
  row.AddTime(FamilyId::kCronJobStatusLastScheduleTime, status.last_schedule_time);
  row.AddTime(FamilyId::kCronJobStatusLastSuccessfulTime, status.last_successful_time);
  row.Add(FamilyId::kCronJobSpecSuspend, spec.suspend.value_or(false) ? 1 : 0);
  row.AddIfSet(FamilyId::kCronJobSpecStartingDeadlineSeconds, spec.starting_deadline_seconds);
  const auto base =
      status.last_schedule_time ? status.last_schedule_time : cronjob.metadata.creation_timestamp;
  const NextSchedule next = schedules(spec, base.value_or(Instant()));
  if (!spec.suspend.value_or(false) && base) row.AddTime(FamilyId::kCronJobNextScheduleTime, next.next);
  if (!next.valid) row.Add(FamilyId::kCronJobScheduleInvalid, 1);
  row.Add(FamilyId::kCronJobResourceVersion, static_cast<double>(cronjob.metadata.resource_version));
  row.AddIfSet(FamilyId::kCronJobSuccessfulJobHistoryLimit, spec.successful_jobs_history_limit);
  row.AddIfSet(FamilyId::kCronJobFailedJobHistoryLimit, spec.failed_jobs_history_limit);
}

}  // namespace belfry::kube
