#include "agent/controllers/cronjob/history.h"

#include "tests/agent/controllers/cronjob/fixture.h"

namespace belfry::controllers {
namespace {

using Jobs = std::vector<api::Ptr<api::Job>>;
using Names = std::vector<std::string>;

api::Ptr<api::Job> Ended(const std::string& name, JobEnd end, int started_minute) {
  api::Job job = EtlJob(name, end);
  if (started_minute >= 0) job.status.start_time = At("2026-01-01T00:00:00Z") + minutes(started_minute);
  return Shared(std::move(job));
}

Names Surplus(const Jobs& jobs, std::optional<int32_t> successful, std::optional<int32_t> failed) {
  api::CronJobSpec spec;
  spec.successful_jobs_history_limit = successful;
  spec.failed_jobs_history_limit = failed;
  Names names;
  for (const auto& job : JobsBeyondHistory(spec, jobs)) names.push_back(job->metadata.name);
  return names;
}

// Trap 16: start time first, Jobs without one last, ties by name; not in the order of creation or name.
TEST(JobsBeyondHistory, Trap16OldestStartGoesFirst) {
  const Jobs jobs = {Ended("a", JobEnd::kComplete, 5), Ended("b", JobEnd::kComplete, -1),
                     Ended("c", JobEnd::kComplete, 1), Ended("e", JobEnd::kComplete, 3),
                     Ended("d", JobEnd::kComplete, 3)};
  EXPECT_EQ(Surplus(jobs, 4, 1), Names({"c"}));
  EXPECT_EQ(Surplus(jobs, 2, 1), Names({"c", "d", "e"}));
  EXPECT_EQ(Surplus(jobs, 1, 1), Names({"c", "d", "e", "a"}));
  EXPECT_EQ(Surplus(jobs, 0, 1), Names({"c", "d", "e", "a", "b"}));
}

TEST(JobsBeyondHistory, SuccessfulOnesGoBeforeFailedOnes) {
  const Jobs jobs = {Ended("f1", JobEnd::kFailed, 1), Ended("s1", JobEnd::kComplete, 2),
                     Ended("f2", JobEnd::kFailed, 3), Ended("s2", JobEnd::kComplete, 4)};
  EXPECT_EQ(Surplus(jobs, 1, 1), Names({"s1", "f1"}));
  EXPECT_EQ(Surplus(jobs, 0, 0), Names({"s1", "s2", "f1", "f2"}));
  EXPECT_EQ(Surplus(jobs, 3, 1), Names({"f1"}));
}

TEST(JobsBeyondHistory, AbsentLimitKeepsAllOfItsKind) {
  const Jobs jobs = {Ended("f1", JobEnd::kFailed, 1), Ended("f2", JobEnd::kFailed, 3),
                     Ended("s1", JobEnd::kComplete, 2)};
  EXPECT_EQ(Surplus(jobs, std::nullopt, std::nullopt), Names({}));
  EXPECT_EQ(Surplus(jobs, 0, std::nullopt), Names({"s1"}));
  EXPECT_EQ(Surplus(jobs, std::nullopt, 1), Names({"f1"}));
}

// Trap 16: interim conditions are not the end.
TEST(JobsBeyondHistory, Trap16UnfinishedJobsAreNoHistory) {
  api::Job ending = EtlJob("ending");
  ending.status.conditions = {{.type = "FailureTarget", .status = api::ConditionStatus::kTrue}};
  api::Job unsure = EtlJob("unsure");
  unsure.status.conditions = {{.type = "Complete", .status = api::ConditionStatus::kFalse}};
  EXPECT_EQ(Surplus({Shared(ending), Shared(unsure), Shared(EtlJob("running"))}, 0, 0), Names({}));
}

TEST(JobsBeyondHistory, JobsThatAreGoingAreNotDeletedAgain) {
  api::Job going = EtlJob("going", JobEnd::kComplete);
  going.metadata.deletion_timestamp = At("2026-01-01T00:00:00Z");
  EXPECT_EQ(Surplus({Shared(going), Ended("stays", JobEnd::kComplete, 1)}, 1, 0), Names({}));
}

}  // namespace
}  // namespace belfry::controllers
