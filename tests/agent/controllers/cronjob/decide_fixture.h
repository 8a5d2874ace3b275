// DecideCronJob on one CronJob and what is around it.
#pragma once

#include <string>
#include <vector>

#include "tests/agent/controllers/cronjob/fixture.h"

namespace belfry::controllers {

using Strings = std::vector<std::string>;
using Records = std::vector<SlotRecord>;

// A CronJob and what is around it, at one moment.
class DecideTest : public ::testing::Test {
 protected:
  CronJobDecision Decide(const std::string& now) { return DecideCronJob(cronjob_, observed_, At(now)); }

  void LastSlot(const std::string& slot) { cronjob_.status.last_schedule_time = At(slot); }
  void AddJob(api::Job job) { observed_.jobs.push_back(Shared(std::move(job))); }
  void AddActive(const std::string& name, JobEnd end = JobEnd::kNone) {
    AddJob(EtlJob(name, end));
    MakeActive(cronjob_, name);
  }
  void SetZone(const std::string& name) {
    cronjob_.spec.time_zone = name;
    observed_.zone = cron::LoadZone(name);
  }
  static std::string Created(const CronJobDecision& decision) {
    return decision.create ? decision.create->metadata.name : "";
  }

  api::CronJob cronjob_ = EtlCronJob("0 * * * *");  // created at 2026-01-01T00:00:00Z
  CronJobObserved observed_;
};

}  // namespace belfry::controllers
