#include "agent/controllers/cronjob/notes.h"

#include <fmt/core.h>

#include "agent/cron/go_syntax.h"

namespace belfry::controllers {
namespace {

EventNote Normal(std::string reason, std::string message) {
  return {.type = api::EventType::kNormal, .reason = std::move(reason), .message = std::move(message)};
}

EventNote Warning(std::string reason, std::string message) {
  return {.type = api::EventType::kWarning, .reason = std::move(reason), .message = std::move(message)};
}

}  // namespace

EventNote SuccessfulCreate(std::string_view job) {
  return Normal("SuccessfulCreate", fmt::format("Created job {}", job));
}

EventNote FailedCreate(const Error& error) {
  return Warning("FailedCreate", fmt::format("Error creating job: {}", error.message));
}

EventNote SuccessfulDelete(std::string_view job) {
  return Normal("SuccessfulDelete", fmt::format("Deleted job {}", job));
}

EventNote FailedDelete(const Error& error) {
  return Warning("FailedDelete", fmt::format("Deleted job: {}", error.message));
}

EventNote SawCompletedJob(std::string_view job, bool complete) {
  return Normal("SawCompletedJob",
                fmt::format("Saw completed job: {}, condition: {}", job, complete ? "Complete" : "Failed"));
}

EventNote MissingJob(std::string_view job) {
  return Normal("MissingJob", fmt::format("Active job went missing: {}", job));
}

EventNote UnexpectedJob(std::string_view job) {
  return Warning("UnexpectedJob",
                 fmt::format("Saw a job that the controller did not create or forgot: {}", job));
}

EventNote JobAlreadyActive() {
  return Normal("JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid");
}

EventNote TooManyMissedTimes() {
  return Warning(
      "TooManyMissedTimes",
      "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
}

EventNote UnknownTimeZone(std::string_view name, const Error& error) {
  return Warning("UnknownTimeZone",
                 fmt::format("invalid timeZone: {}: {}", cron::GoQuote(name), error.message));
}

EventNote UnparseableSchedule(std::string_view schedule, const Error& error) {
  return Warning("UnparseableSchedule",
                 fmt::format("unparseable schedule: {} : {}", cron::GoQuote(schedule), error.message));
}

EventNote UnsupportedSchedule(std::string_view schedule) {
  return Warning(
      "UnsupportedSchedule",
      fmt::format("CRON_TZ or TZ used in schedule {} is not officially supported, see "
                  "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                  cron::GoQuote(schedule)));
}

EventNote InvalidSchedule(std::string_view schedule, const Error& error) {
  return Warning("InvalidSchedule", fmt::format("invalid schedule: {} : {}", schedule, error.message));
}

EventNote MissSchedule(Instant slot, const cron::Zone& zone, int64_t count, std::string_view cause) {
  std::string message =
      fmt::format("Missed scheduled time to start a job: {}", cron::FormatRfc1123InZone(slot, zone));
  if (count > 1) message += fmt::format(" and {} earlier", count - 1);
  if (!cause.empty()) message += fmt::format(" ({})", cause);
  return Warning("MissSchedule", std::move(message));
}

EventNote LateStart(std::string_view job, Instant slot, const cron::Zone& zone, Duration delay) {
  return Normal("LateStart",
                fmt::format("Job {} of {} starts {} late", job, cron::FormatRfc1123InZone(slot, zone),
                            FormatDuration(std::chrono::floor<seconds>(delay))));
}

EventNote RepeatedSchedule(std::string_view job, Instant slot, const cron::Zone& zone) {
  return Normal("RepeatedSchedule",
                fmt::format("The clock was set back: job {} of {} is the second run of that time of day", job,
                            cron::FormatRfc1123InZone(slot, zone)));
}

EventNote SkippedSchedule(Instant change, const cron::Zone& zone) {
  return Warning("SkippedSchedule",
                 fmt::format("The clock was set forward to {} and skipped a scheduled time",
                             cron::FormatRfc1123InZone(change, zone)));
}

}  // namespace belfry::controllers
