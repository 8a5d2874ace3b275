// One test for each trap of the reference's list (part F) that concerns Jobs and pods; those of CronJobs are
// in the cronjob room, those of the environment (17) in the pod's, of defaults (22) in the manifest's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/controllers/job/job_builder.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using api::Job;
using api::JobSpec;
using api::PodPhase;
using testing::AgentWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::SimpleJob;
using ::testing::SizeIs;

runtime::FakeRuntime::Scripts Scripted(runtime::Script script) {
  return [=](const runtime::ContainerStart&) { return script; };
}

TEST(JobTraps, Trap1_BackoffLimitNIsNPlus1PodsButNRestarts) {
  for (const int32_t limit : {0, 1, 2, 6}) {
    AgentWorld never(Scripted({.exit_code = 1}));
    never.Create(SimpleJob("j", [&](JobSpec& s) { s.backoff_limit = limit; }));
    never.Run(hours(3));
    EXPECT_EQ(never.runtime().starts().size(), static_cast<size_t>(limit) + 1);
    EXPECT_EQ(never.Get<Job>("j")->status.failed, limit + 1);

    AgentWorld restart(Scripted({.exit_code = 1}));
    restart.Create(SimpleJob("j", [&](JobSpec& s) {
      s.backoff_limit = limit;
      s.pod_template.spec.restart_policy = "OnFailure";
    }));
    restart.Run(hours(3));
    // The last restart is begun and killed. Limit 0 is passed by the first restart, like limit 1.
    EXPECT_EQ(restart.runtime().starts().size(), static_cast<size_t>(std::max(limit, 1)) + 1);
    EXPECT_EQ(restart.Get<Job>("j")->status.failed, 1);
    EXPECT_EQ(Ends(restart.Get<Job>("j")->status),
              "FailureTarget:BackoffLimitExceeded Failed:BackoffLimitExceeded");
  }
}

TEST(JobTraps, Trap2_CompletionsNullIsAWorkQueueNotOneCompletion) {
  int started = 0;
  AgentWorld world([&](const runtime::ContainerStart&) {
    const int n = ++started;
    if (n == 1) return runtime::Script{.duration = seconds(5), .exit_code = 1};   // before the first success
    if (n == 2) return runtime::Script{.duration = seconds(60), .exit_code = 0};  // the first success
    return runtime::Script{.duration = seconds(100), .exit_code = n == 3 ? 1 : 0};  // one fails after it
  });
  world.Create(SimpleJob("q", [](JobSpec& s) { s.completions.reset(), s.parallelism = 3; }));
  world.Run(seconds(30));
  EXPECT_EQ(started, 4) << "a failure before the first success is replaced";
  world.Run(minutes(10));
  EXPECT_EQ(started, 4) << "one after it is not";
  const auto job = world.Get<Job>("q");
  EXPECT_EQ(Ends(job->status), "SuccessCriteriaMet:CompletionsReached Complete:CompletionsReached");
  EXPECT_EQ(job->status.succeeded, 2);
  EXPECT_EQ(job->status.failed, 2);
}

TEST(JobTraps, Trap3_DelayCountsFromTheLastEndIsWipedBySuccessAndCappedAt600s) {
  Job job = TableJob([](JobSpec& s) { s.completions = 3; });
  const JobObserved failed{
      {TablePod("f", {.phase = PodPhase::kFailed, .exit_code = 1, .finished = At(100)})}};
  EXPECT_EQ(DecideJob(job, failed, At(105)).look.at, At(110)) << "time that has passed counts";
  EXPECT_THAT(DecideJob(job, failed, At(110)).create, SizeIs(1));
  const JobObserved both{
      {failed.pods[0], TablePod("s", {.phase = PodPhase::kSucceeded, .finished = At(100)})}};
  EXPECT_THAT(DecideJob(job, both, At(100)).create, SizeIs(1)) << "of equal instants the success wins";
  job.status.backoff = {.failures_since_success = 30, .last_failure = At(100)};
  EXPECT_EQ(DecideJob(job, {}, At(101)).look.at, At(700));
}

TEST(JobTraps, Trap3_ContainerRestartsHaveTheirOwnSeries) {
  std::vector<int64_t> at;
  AgentWorld* seen = nullptr;
  AgentWorld world([&](const runtime::ContainerStart&) {
    if (seen != nullptr) at.push_back(ToUnixSeconds(seen->now()) - 1'700'000'000);
    return runtime::Script{.exit_code = 1};
  });
  seen = &world;
  world.Create(SimpleJob("j", [](JobSpec& s) {
    s.pod_template.spec.restart_policy = "OnFailure";
    s.backoff_limit = 8;
  }));
  world.Run(hours(1));
  EXPECT_THAT(at, ElementsAre(0, 0, 10, 30, 70, 150, 310, 610, 910));
}

TEST(JobTraps, Trap4_SuspendedPodsAreNoFailuresDeadlineKilledOnesAre) {
  for (const bool suspend : {true, false}) {
    AgentWorld world(Scripted({.duration = hours(1), .term_delay = seconds(3)}));
    world.Create(SimpleJob("j", [&](JobSpec& s) {
      s.parallelism = s.completions = 2;
      if (!suspend) s.active_deadline_seconds = 60;
    }));
    world.Run(seconds(60));
    if (suspend) world.Change<Job>("j", [](Job& j) { j.spec.suspend = true; });
    world.Run(minutes(5));
    EXPECT_EQ(world.Get<Job>("j")->status.failed, suspend ? 0 : 2);
    EXPECT_EQ(world.runtime().running(), 0U);
  }
}

TEST(JobTraps, Trap5_TheInterimConditionComesFirstTheFinalOneWhenTheLastProcessIsGone) {
  AgentWorld world(Scripted({.duration = hours(1), .term_delay = seconds(20)}));
  world.Create(SimpleJob("j", [](JobSpec& s) { s.active_deadline_seconds = 60; }));
  world.Run(seconds(79));
  EXPECT_EQ(Ends(world.Get<Job>("j")->status), "FailureTarget:DeadlineExceeded");
  EXPECT_EQ(world.Get<Job>("j")->status.terminating, 1);
  world.Run(seconds(1));
  EXPECT_EQ(Ends(world.Get<Job>("j")->status), "FailureTarget:DeadlineExceeded Failed:DeadlineExceeded");
  EXPECT_EQ(world.Get<Job>("j")->status.terminating, 0);
}

TEST(JobTraps, Trap6_DyingPodsAreReplacedAtOnceUnlessThePolicyIsFailed) {
  for (const std::string policy : {"TerminatingOrFailed", "Failed"}) {
    AgentWorld world(Scripted({.duration = hours(1), .term_delay = seconds(25)}));
    world.Create(SimpleJob("j", [&](JobSpec& s) { s.pod_replacement_policy = policy; }));
    world.Delete(api::Kind::kPod, world.store().List<api::Pod>()[0]->metadata.name);
    world.Run(seconds(15));  // past the first delay
    const bool at_once = policy == "TerminatingOrFailed";
    EXPECT_EQ(world.runtime().running(), at_once ? 2U : 1U) << policy;
    EXPECT_EQ(world.Get<Job>("j")->status.failed, at_once ? 1 : 0);
    EXPECT_EQ(world.Get<Job>("j")->status.terminating, 1);
    world.Run(seconds(25));
    EXPECT_EQ(world.runtime().running(), 1U);
    EXPECT_EQ(world.Get<Job>("j")->status.failed, 1) << "SIGTERM ended it";
  }
}

TEST(JobTraps, Trap7_FailureBeatsSuccessAndBackoffLimitBeatsDeadline) {
  Job job = TableJob([](JobSpec& s) { s.active_deadline_seconds = 10; });
  const JobObserved success{{TablePod("s", {.phase = PodPhase::kSucceeded, .finished = At(9)})}};
  EXPECT_EQ(Ends(DecideJob(job, success, At(10)).status), "FailureTarget:DeadlineExceeded");
  job.spec.backoff_limit = 0;
  job.status.failed = 1;
  EXPECT_EQ(Ends(DecideJob(job, success, At(10)).status), "FailureTarget:BackoffLimitExceeded");
  job.spec.active_deadline_seconds.reset();
  EXPECT_EQ(Ends(DecideJob(job, success, At(10)).status), "FailureTarget:BackoffLimitExceeded")
      << "although all completions are there";
}

// Exit 0 under NotIn, containers before init containers, evaluation at the end only: FailurePolicy.Trap8….
TEST(JobTraps, Trap8_IgnoredFailuresStillLengthenTheDelay) {
  AgentWorld world(Scripted({.exit_code = 42}));
  world.Create(SimpleJob("j", [](JobSpec& s) {
    s.backoff_limit = 0;
    s.pod_replacement_policy = "Failed";
    s.pod_failure_policy = api::PodFailurePolicy{
        {{.action = "Ignore", .on_exit_codes = api::FailurePolicyOnExitCodes{.op = "In", .values = {42}}}}};
  }));
  world.Run(seconds(69));
  EXPECT_EQ(world.runtime().starts().size(), 3U) << "at 0, 10 and 30 s";
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().starts().size(), 4U);
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 0);
  EXPECT_EQ(Ends(world.Get<Job>("j")->status), "");
}

TEST(JobTraps, Trap9_AFailedIndexIsInvisibleUntilReplacedAndFailsTheJobOnlyAtTheEnd) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    const bool bad = start.pod.starts_with("j-0-");
    return bad ? runtime::Script{.exit_code = 1} : runtime::Script{.duration = minutes(5)};
  });
  world.Create(SimpleJob("j", [](JobSpec& s) {
    s.completion_mode = "Indexed", s.completions = s.parallelism = 2;
    s.backoff_limit = 2147483647, s.backoff_limit_per_index = 1;
  }));
  world.Run(seconds(9));
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 0) << "kept until its replacement exists";
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 2);
  EXPECT_EQ(world.Get<Job>("j")->status.failed_indexes, "0");
  EXPECT_EQ(Ends(world.Get<Job>("j")->status), "") << "the other index runs on";
  world.Run(minutes(5));
  EXPECT_EQ(Ends(world.Get<Job>("j")->status), "FailureTarget:FailedIndexes Failed:FailedIndexes");
  EXPECT_EQ(world.Get<Job>("j")->status.completed_indexes, "1");
}

TEST(JobTraps, Trap10_RunsOfTwoIndexesTakeACommaAndSucceededShrinksWithCompletions) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    const bool slow = start.pod.starts_with("j-2-") || start.pod.starts_with("j-5-");
    return runtime::Script{.duration = slow ? hours(1) : seconds(1)};
  });
  world.Create(
      SimpleJob("j", [](JobSpec& s) { s.completion_mode = "Indexed", s.completions = s.parallelism = 9; }));
  world.Run(seconds(2));
  EXPECT_EQ(world.Get<Job>("j")->status.completed_indexes, "0,1,3,4,6-8");
  EXPECT_EQ(world.Get<Job>("j")->status.succeeded, 7);
  world.Change<Job>("j", [](Job& j) { j.spec.completions = j.spec.parallelism = 4; });
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Job>("j")->status.completed_indexes, "0,1,3");
  EXPECT_EQ(world.Get<Job>("j")->status.succeeded, 3);
  EXPECT_EQ(world.runtime().running(), 1U) << "index 5 is no more";
}

TEST(JobTraps, Trap18_RestartsOfSidecarsCountForTheLimit) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    const bool sidecar = start.id.container == "side";
    return runtime::Script{.duration = sidecar ? Duration(0) : Duration(hours(2)), .exit_code = 0};
  });
  world.Create(SimpleJob("j", [](JobSpec& s) {
    s.backoff_limit = 3;
    s.pod_template.spec.restart_policy = "OnFailure";
    api::Container side = testing::SimpleContainer("side");
    side.restart_policy = "Always";
    s.pod_template.spec.init_containers.push_back(side);
  }));
  world.Run(minutes(20));
  EXPECT_EQ(Ends(world.Get<Job>("j")->status),
            "FailureTarget:BackoffLimitExceeded Failed:BackoffLimitExceeded");
}

TEST(JobTraps, Trap19_APodWithOneFailedContainerOfTwoIsStillRunning) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    return start.id.container == "main" ? runtime::Script{.exit_code = 1}
                                        : runtime::Script{.duration = minutes(2)};
  });
  world.Create(SimpleJob("j", [](JobSpec& s) {
    s.backoff_limit = 0;
    s.pod_template.spec.containers.push_back(testing::SimpleContainer("other"));
  }));
  world.Run(minutes(1));
  EXPECT_EQ(world.store().List<api::Pod>()[0]->status.phase, PodPhase::kRunning);
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 0);
  EXPECT_EQ(world.Get<Job>("j")->status.active, 1);
  world.Run(minutes(1));
  EXPECT_EQ(world.store().List<api::Pod>()[0]->status.phase, PodPhase::kFailed);
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 1);
}

TEST(JobTraps, Trap20_ActiveIsTheRealNumberDuringBackoff) {
  Job job = TableJob([](JobSpec& s) { s.completions = s.parallelism = 3; });
  const JobDecision d =
      DecideJob(job,
                {{TablePod("f", {.phase = PodPhase::kFailed, .exit_code = 1, .finished = At(1)}),
                  TablePod("a", {}), TablePod("b", {})}},
                At(2));
  EXPECT_THAT(d.create, IsEmpty());
  EXPECT_EQ(d.status.active, 2);
}

}  // namespace
}  // namespace belfry::controllers
