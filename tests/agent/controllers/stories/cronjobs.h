// CronJobs as the stories need them.
#pragma once

#include <functional>
#include <string>

#include "tests/support/agent_world.h"

namespace belfry::testing {

inline Instant At(const std::string& text) { return *ParseRfc3339(text); }

inline api::CronJob SimpleCronJob(const std::string& name, const std::string& schedule,
                                  const std::function<void(api::CronJobSpec&)>& change = {}) {
  api::CronJob cronjob;
  cronjob.metadata.name = name;
  cronjob.metadata.ns = "default";
  cronjob.spec.schedule = schedule;
  cronjob.spec.time_zone = "UTC";
  cronjob.spec.concurrency_policy = "Allow";
  cronjob.spec.suspend = false;
  cronjob.spec.successful_jobs_history_limit = 3;
  cronjob.spec.failed_jobs_history_limit = 1;
  cronjob.spec.job_template.spec = SimpleJob("template").spec;
  cronjob.spec.job_template.spec.backoff_limit = 1;
  if (change) change(cronjob.spec);
  return cronjob;
}

inline runtime::FakeRuntime::Scripts Lasting(Duration duration) {
  return [=](const runtime::ContainerStart&) { return runtime::Script{.duration = duration}; };
}

}  // namespace belfry::testing
