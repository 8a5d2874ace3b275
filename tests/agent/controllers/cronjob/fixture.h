// CronJobs and Jobs as the tests of this folder need them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/controllers/cronjob/decide.h"

namespace belfry::controllers {

inline Instant At(const std::string& text) {
  const auto t = ParseRfc3339(text);
  EXPECT_TRUE(t.ok()) << text;
  return *t;
}

// default/etl, created at 2026-01-01T00:00:00Z.
inline api::CronJob EtlCronJob(const std::string& schedule) {
  api::CronJob cronjob;
  cronjob.metadata.name = "etl";
  cronjob.metadata.ns = "default";
  cronjob.metadata.uid = "uid-of-etl";
  cronjob.metadata.creation_timestamp = At("2026-01-01T00:00:00Z");
  cronjob.spec.schedule = schedule;
  cronjob.spec.concurrency_policy = "Allow";
  cronjob.spec.suspend = false;
  cronjob.spec.successful_jobs_history_limit = 3;
  cronjob.spec.failed_jobs_history_limit = 1;
  return cronjob;
}

enum class JobEnd { kNone, kComplete, kFailed };

// A Job of default/etl; its uid is "uid-of-<name>".
inline api::Job EtlJob(const std::string& name, JobEnd end = JobEnd::kNone) {
  api::Job job;
  job.metadata.name = name;
  job.metadata.ns = "default";
  job.metadata.uid = "uid-of-" + name;
  job.metadata.owner_references = {{.api_version = "batch/v1",
                                    .kind = "CronJob",
                                    .name = "etl",
                                    .uid = "uid-of-etl",
                                    .controller = true,
                                    .block_owner_deletion = true}};
  if (end != JobEnd::kNone) {
    job.status.conditions = {
        {.type = std::string(end == JobEnd::kComplete ? api::kJobComplete : api::kJobFailed),
         .status = api::ConditionStatus::kTrue}};
  }
  return job;
}

inline api::Ptr<api::Job> Shared(api::Job job) { return std::make_shared<const api::Job>(std::move(job)); }

inline void MakeActive(api::CronJob& cronjob, const std::string& job) {
  cronjob.status.active.push_back(api::ReferenceTo(EtlJob(job)));
}

inline std::vector<std::string> Reasons(const std::vector<EventNote>& notes) {
  std::vector<std::string> reasons;
  for (const EventNote& note : notes) reasons.push_back(note.reason);
  return reasons;
}

}  // namespace belfry::controllers
