// What the Job controller tells of its looks adds up to what happened.
#include "agent/controllers/job/observer.h"

#include <gtest/gtest.h>

#include <map>

#include "agent/controllers/job/failure_policy.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using testing::AgentWorld;
using testing::SimpleJob;

TEST(JobObserver, LooksAddUpToTheCounters) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    const bool bad = start.pod.starts_with("j-1-");
    return runtime::Script{.duration = seconds(1), .exit_code = bad ? 7 : 0};
  });
  std::map<std::string, int64_t> sums;
  int64_t waiting = 0;
  world.jobs().Observe({.looked =
                            [&](const JobLook& look) {
                              EXPECT_TRUE(look.success);
                              EXPECT_EQ(look.completion_mode, "Indexed");
                              ++sums["action " + std::string(look.action)];
                              sums["pods succeeded"] += look.pods_succeeded;
                              sums["pods failed"] += look.pods_failed;
                              sums["indexes succeeded"] += look.indexes_succeeded;
                              sums["indexes failed"] += look.indexes_failed;
                              sums["created"] += look.pods_created;
                              for (const int32_t n : look.policy_matches) sums["matched"] += n;
                              if (look.finished) ++sums["finished " + look.reason];
                            },
                        .tracked =
                            [&](bool waits) {
                              ++sums[waits ? "add" : "delete"];
                              waiting += waits ? 1 : -1;
                            },
                        .foreign = {}});
  world.Create(SimpleJob("j", [](api::JobSpec& spec) {
    spec.completion_mode = "Indexed";
    spec.completions = spec.parallelism = 3;
    spec.backoff_limit = 2147483647;
    spec.backoff_limit_per_index = 1;
    spec.pod_replacement_policy = "Failed";
    spec.pod_failure_policy = api::PodFailurePolicy{
        {{.action = "Count", .on_exit_codes = api::FailurePolicyOnExitCodes{.op = "In", .values = {7}}}}};
  }));
  world.Run(minutes(5));
  const auto job = world.Get<api::Job>("j");
  ASSERT_TRUE(IsFailed(*job));
  EXPECT_EQ(sums["pods succeeded"], 2);
  EXPECT_EQ(sums["pods failed"], job->status.failed);
  EXPECT_EQ(sums["indexes succeeded"], 2);
  EXPECT_EQ(sums["indexes failed"], 1);
  EXPECT_EQ(sums["created"], 4);
  EXPECT_EQ(sums["matched"], 2);
  EXPECT_EQ(sums["finished FailedIndexes"], 1);
  EXPECT_EQ(sums["add"], sums["delete"]);
  EXPECT_GT(sums["action pods_created"], 0);
  EXPECT_EQ(waiting, 0);
}

TEST(JobObserver, ForeignJobsAndLateTtlsAreTold) {
  AgentWorld world([](const runtime::ContainerStart&) { return runtime::Script{.duration = seconds(1)}; });
  std::string manager;
  std::optional<Duration> late;
  world.jobs().Observe(
      {.looked = {}, .tracked = {}, .foreign = [&](const std::string& name) { manager = name; }});
  world.ttl().OnDeleted([&](Duration by) { late = by; });
  world.Create(SimpleJob("theirs", [](api::JobSpec& spec) { spec.managed_by = "acme.io/queue"; }));
  world.Create(SimpleJob("brief", [](api::JobSpec& spec) { spec.ttl_seconds_after_finished = 5; }));
  world.Run(minutes(1));
  EXPECT_EQ(manager, "acme.io/queue");
  EXPECT_EQ(late, Duration(0));
  EXPECT_EQ(world.store().Count(api::Kind::kPod), 0U);
}

// The pod that ends the Job waits for a replacement which will not come.
TEST(JobObserver, FailureThatEndsTheJobIsAMatchThoughItsPodWasKept) {
  AgentWorld world([](const runtime::ContainerStart&) { return runtime::Script{.exit_code = 42}; });
  PolicyMatches matched{};
  world.jobs().Observe({.looked =
                            [&](const JobLook& look) {
                              for (size_t i = 0; i < matched.size(); ++i)
                                matched[i] += look.policy_matches[i];
                            },
                        .tracked = {},
                        .foreign = {}});
  world.Create(SimpleJob("j", [](api::JobSpec& spec) {
    spec.completion_mode = "Indexed";
    spec.backoff_limit_per_index = 1;
    spec.pod_failure_policy = api::PodFailurePolicy{
        {{.action = "FailJob", .on_exit_codes = api::FailurePolicyOnExitCodes{.op = "In", .values = {42}}}}};
  }));
  world.Run(minutes(1));
  EXPECT_TRUE(IsFailed(*world.Get<api::Job>("j")));
  EXPECT_EQ(matched[static_cast<size_t>(FailureAction::kFailJob)], 1);
}

}  // namespace
}  // namespace belfry::controllers
