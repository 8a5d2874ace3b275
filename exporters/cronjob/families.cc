#include "exporters/cronjob/families.h"

#include <array>
#include <limits>
#include <string>

#include "exporters/model/number.h"

namespace belfry::cronjob {
namespace {

using model::LabelView;
using model::MetricType;
using model::RowWriter;
using model::Suffix;

enum FamilyId : size_t {
  kJobs,
  kJobDuration,
  kScheduleDelay,
  kActiveJobs,
  kRunDuration,
  kLastRunResult,
  kLastRunDuration,
  kLastRunFinish,
  kLastExitCode,
  kConsecutiveFailures,
  kMissedSchedules,
  kScheduleInterval,
  kJobFinishTime,
  kJobExitCode,
};

void AddHistogram(size_t family, const Buckets& buckets, std::span<const double> bounds, RowWriter& writer) {
  uint64_t below = 0;
  for (size_t i = 0; i <= bounds.size(); ++i) {
    if (i < buckets.counts.size()) below += buckets.counts[i];
    const std::string bound =
        model::FormatBound(i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity());
    const LabelView le[] = {{"le", bound}};
    writer.Add(family, le, static_cast<double>(below), Suffix::kBucket);
  }
  writer.Add(family, {}, buckets.sum, Suffix::kSum);
  writer.Add(family, {}, static_cast<double>(below), Suffix::kCount);
}

void AddCounter(size_t family, std::string_view label, std::string_view value, uint64_t count,
                RowWriter& writer) {
  const LabelView labels[] = {{label, value}};
  writer.Add(family, labels, static_cast<double>(count), Suffix::kTotal);
}

void AddLastRun(const LastRun& last, RowWriter& writer) {
  static constexpr std::string_view kResults[] = {"succeeded", "failed"};
  writer.AddOneOf(kLastRunResult, "result", kResults, last.succeeded ? 0 : 1);
  writer.Add(kLastRunFinish, ToUnixSecondsF(last.finished));
  if (last.duration) writer.Add(kLastRunDuration, *last.duration);
  if (last.exit_code) writer.Add(kLastExitCode, *last.exit_code);
}

}  // namespace

std::vector<model::Family> Families() {
  const auto counter = MetricType::kCounter;
  const auto gauge = MetricType::kGauge;
  const auto histogram = MetricType::kHistogram;
  return {
      {"cronjob_jobs", "Finished Jobs of the CronJob by status, each counted once.", counter, ""},
      {"cronjob_job_duration_seconds",
       "From start to end of finished Jobs, whether they succeeded or failed.", histogram, "seconds"},
      {"cronjob_schedule_delay_seconds", "From the scheduled instant to the start of the first process.",
       histogram, "seconds"},
      {"cronjob_active_jobs", "Jobs of the CronJob that are running.", gauge, ""},
      {"belfry_cronjob_run_duration_seconds", "As cronjob_job_duration_seconds, with buckets up to one day.",
       histogram, "seconds"},
      {"belfry_cronjob_last_run_result", "How the newest finished run ended.", gauge, ""},
      {"belfry_cronjob_last_run_duration_seconds", "How long the newest finished run took.", gauge,
       "seconds"},
      {"belfry_cronjob_last_run_finish_time_seconds", "When the newest finished run ended, in unix seconds.",
       gauge, "seconds"},
      {"belfry_cronjob_last_exit_code", "The exit code of the newest finished run.", gauge, ""},
      {"belfry_cronjob_consecutive_failures", "How many of the newest runs failed in a row.", gauge, ""},
      {"belfry_cronjob_missed_schedules", "Scheduled instants without a run, by reason.", counter, ""},
      {"belfry_cronjob_schedule_interval_seconds", "From the next scheduled instant to the one after it.",
       gauge, "seconds"},
      {"belfry_job_finish_time_seconds", "When the Job completed or failed, in unix seconds.", gauge,
       "seconds"},
      {"belfry_job_exit_code",
       "The exit code of the pod of the Job that ended last; of several containers the first that failed.",
       gauge, ""},
  };
}

void DescribeCronJob(const CronJobRow& cronjob, const Tally& tally, RowWriter& writer) {
  const LabelView base[] = {{"namespace", cronjob.ns}, {"cronjob", cronjob.name}};
  writer.Base(base);
  AddCounter(kJobs, "status", "succeeded", tally.succeeded, writer);
  AddCounter(kJobs, "status", "failed", tally.failed, writer);
  writer.Add(kActiveJobs, static_cast<double>(cronjob.active));
  if (cronjob.histograms) {
    AddHistogram(kJobDuration, tally.duration, ShortBounds(), writer);
    AddHistogram(kScheduleDelay, tally.delay, ShortBounds(), writer);
    AddHistogram(kRunDuration, tally.run_duration, LongBounds(), writer);
  }
  if (tally.last) AddLastRun(*tally.last, writer);
  writer.Add(kConsecutiveFailures, static_cast<double>(tally.consecutive_failures));
  for (size_t i = 0; i < kMissedReasons; ++i) {
    AddCounter(kMissedSchedules, "reason", MissedReasonName(static_cast<MissedReason>(i)), tally.missed[i],
               writer);
  }
  if (cronjob.interval) writer.Add(kScheduleInterval, ToSeconds(*cronjob.interval));
}

void DescribeJob(const JobRow& job, RowWriter& writer) {
  const LabelView base[] = {{"namespace", job.ns}, {"job_name", job.name}};
  writer.Base(base);
  if (job.finished) writer.Add(kJobFinishTime, ToUnixSecondsF(*job.finished));
  if (job.exit_code) writer.Add(kJobExitCode, *job.exit_code);
}

}  // namespace belfry::cronjob
