#include <gtest/gtest.h>

#include "tests/exporters/kube/page_of.h"

namespace belfry::kube {
namespace {

using api::CronJob;
using Lines = std::vector<std::string>;

CronJob PlainCronJob() {
  CronJob cronjob;
  cronjob.metadata = {.name = "nightly", .ns = "batch", .uid = "u1", .resource_version = 42};
  cronjob.metadata.creation_timestamp = *ParseRfc3339("2026-01-01T10:00:30Z");
  cronjob.spec.schedule = "*/5 * * * *";
  cronjob.spec.time_zone = "Etc/UTC";
  cronjob.spec.concurrency_policy = "Forbid";
  return cronjob;
}

std::string At(const char* time) { return std::to_string(ToUnixSeconds(*ParseRfc3339(time))); }

struct CronJobCase {
  const char* name;
  std::string family;
  void (*change)(CronJob&);
  std::vector<std::string> rest;  // of each line, after the base labels
};

void Nothing(CronJob&) {}

// One line per row of the table of kube-state-metrics' cronjob families.
const CronJobCase kCronJobCases[] = {
    {"annotations are off", "kube_cronjob_annotations", Nothing, {}},
    {"labels are off", "kube_cronjob_labels", Nothing, {}},
    {"info",
     "kube_cronjob_info",
     Nothing,
     {R"(,schedule="*/5 * * * *",concurrency_policy="Forbid",timezone="Etc/UTC"} 1)"}},
    {"info without zone",
     "kube_cronjob_info",
     [](CronJob& c) { c.spec.time_zone.reset(); },
     {R"(,schedule="*/5 * * * *",concurrency_policy="Forbid",timezone="local"} 1)"}},
    {"created", "kube_cronjob_created", Nothing, {"} " + At("2026-01-01T10:00:30Z")}},
    {"none active", "kube_cronjob_status_active", Nothing, {"} 0"}},
    {"two active", "kube_cronjob_status_active", [](CronJob& c) { c.status.active.resize(2); }, {"} 2"}},
    {"never ran", "kube_cronjob_status_last_schedule_time", Nothing, {}},
    {"last schedule",
     "kube_cronjob_status_last_schedule_time",
     [](CronJob& c) { c.status.last_schedule_time = FromUnixSeconds(1500000000); },
     {"} 1500000000"}},
    {"never succeeded", "kube_cronjob_status_last_successful_time", Nothing, {}},
    {"last success",
     "kube_cronjob_status_last_successful_time",
     [](CronJob& c) { c.status.last_successful_time = FromUnixSeconds(1500000001); },
     {"} 1500000001"}},
    {"suspend unset", "kube_cronjob_spec_suspend", Nothing, {"} 0"}},
    {"suspended", "kube_cronjob_spec_suspend", [](CronJob& c) { c.spec.suspend = true; }, {"} 1"}},
    {"no start deadline", "kube_cronjob_spec_starting_deadline_seconds", Nothing, {}},
    {"start deadline",
     "kube_cronjob_spec_starting_deadline_seconds",
     [](CronJob& c) { c.spec.starting_deadline_seconds = 60; },
     {"} 60"}},
    {"next after creation", "kube_cronjob_next_schedule_time", Nothing, {"} " + At("2026-01-01T10:05:00Z")}},
    {"next after the last",
     "kube_cronjob_next_schedule_time",
     [](CronJob& c) { c.status.last_schedule_time = *ParseRfc3339("2026-01-01T11:00:00Z"); },
     {"} " + At("2026-01-01T11:05:00Z")}},
    {"next in its zone",
     "kube_cronjob_next_schedule_time",
     [](CronJob& c) {
       c.spec.schedule = "0 3 * * *";
       c.spec.time_zone = "Asia/Tokyo";
     },
     {"} " + At("2026-01-01T18:00:00Z")}},
    {"none next while suspended",
     "kube_cronjob_next_schedule_time",
     [](CronJob& c) { c.spec.suspend = true; },
     {}},
    {"none next without a base",
     "kube_cronjob_next_schedule_time",
     [](CronJob& c) { c.metadata.creation_timestamp.reset(); },
     {}},
    {"none next if unreadable",
     "kube_cronjob_next_schedule_time",
     [](CronJob& c) { c.spec.schedule = "61 * * * *"; },
     {}},
    {"none next in no zone",
     "kube_cronjob_next_schedule_time",
     [](CronJob& c) { c.spec.time_zone = "Mars/Base"; },
     {}},
    {"valid", "kube_cronjob_schedule_invalid", Nothing, {}},
    {"a step beyond the field is valid",
     "kube_cronjob_schedule_invalid",
     [](CronJob& c) { c.spec.schedule = "*/120 * * * *"; },
     {}},
    {"schedule invalid",
     "kube_cronjob_schedule_invalid",
     [](CronJob& c) { c.spec.schedule = "61 * * * *"; },
     {"} 1"}},
    {"zone invalid",
     "kube_cronjob_schedule_invalid",
     [](CronJob& c) { c.spec.time_zone = "Mars/Base"; },
     {"} 1"}},
    {"invalid while suspended",
     "kube_cronjob_schedule_invalid",
     [](CronJob& c) {
       c.spec.schedule = "";
       c.spec.suspend = true;
     },
     {"} 1"}},
    {"resource version", "kube_cronjob_metadata_resource_version", Nothing, {"} 42"}},
    {"no success limit", "kube_cronjob_spec_successful_job_history_limit", Nothing, {}},
    {"success limit",
     "kube_cronjob_spec_successful_job_history_limit",
     [](CronJob& c) { c.spec.successful_jobs_history_limit = 0; },
     {"} 0"}},
    {"failure limit",
     "kube_cronjob_spec_failed_job_history_limit",
     [](CronJob& c) { c.spec.failed_jobs_history_limit = 1; },
     {"} 1"}},
};

TEST(CronJobRow, ShowsEachFamilyAsKubeStateMetricsDoes) {
  for (const CronJobCase& one : kCronJobCases) {
    SCOPED_TRACE(one.name);
    CronJob cronjob = PlainCronJob();
    one.change(cronjob);
    ZonedSchedules schedules;
    KubeRows rows(schedules.Reader());
    const store::Change changes[] = {Creation(cronjob)};
    rows.Apply(changes);
    Lines expected;
    for (const std::string& rest : one.rest)
      expected.push_back(one.family + R"({namespace="batch",cronjob="nightly")" + rest);
    EXPECT_EQ(LinesOf(rows, one.family), expected);
  }
}

}  // namespace
}  // namespace belfry::kube
