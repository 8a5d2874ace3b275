// Pods that the agent or the host ends: who gets which signal, what the Job makes of it, what is kept.
#include "agent/controllers/pod/drain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/controllers/pod/conditions.h"
#include "agent/controllers/pod/phase.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using api::Job;
using api::JobSpec;
using api::Pod;
using api::PodPhase;
using testing::AgentWorld;
using ::testing::Contains;
using testing::SimpleJob;
using ::testing::SizeIs;
using ::testing::StartsWith;

void IgnoreDisruptions(JobSpec& spec) {
  spec.backoff_limit = 0;
  spec.pod_replacement_policy = "Failed";
  spec.pod_failure_policy =
      api::PodFailurePolicy{{{.action = "Ignore", .on_pod_conditions = {{.type = "DisruptionTarget"}}}}};
}

// The agent is told to end its pods and stops once they have ended.
void StopWithPods(AgentWorld& world, Duration wait) {
  auto drain = std::make_unique<Drain>(world.loop(), world.store());
  bool done = false;
  for (const char* name : {"job-controller", "cronjob-controller"}) world.manager().Pause(name);
  drain->Begin([&] { done = true; });
  world.Run(wait);
  EXPECT_TRUE(done);
  EXPECT_EQ(world.runtime().running(), 0U);
  world.Stop();
}

TEST(Drain, PodsEndFailedWithDisruptionTargetAndAnIgnoreRuleSparesTheRetries) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = minutes(10), .term_delay = seconds(5)};
  });
  world.Create(SimpleJob("j", IgnoreDisruptions));
  world.Run(minutes(1));
  StopWithPods(world, seconds(6));
  world.Restart();
  world.Run(Duration(0));
  const auto pod = world.store().List<Pod>()[0];
  EXPECT_EQ(pod->status.phase, PodPhase::kFailed);
  EXPECT_EQ(pod->status.reason, "Terminated");
  const auto* target = api::FindCondition(pod->status.conditions, kDisruptionTarget);
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->reason, "TerminationByKubelet");
  world.Run(minutes(20));
  EXPECT_TRUE(IsComplete(*world.Get<Job>("j")));
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 0);
  EXPECT_THAT(world.runtime().removed_pods(), SizeIs(0)) << "what it wrote is kept";
}

TEST(Drain, WithoutAPolicyItIsAFailureLikeAnyOther) {
  AgentWorld world([](const runtime::ContainerStart&) { return runtime::Script{.duration = minutes(10)}; });
  world.Create(SimpleJob("j", [](JobSpec& spec) { spec.backoff_limit = 0; }));
  world.Run(minutes(1));
  StopWithPods(world, seconds(1));
  world.Restart();
  world.Run(minutes(1));
  EXPECT_TRUE(IsFailed(*world.Get<Job>("j")));
  EXPECT_EQ(world.Get<Job>("j")->status.failed, 1);
}

TEST(Drain, WhoFinishesItsWorkWhenToldToEndHasSucceeded) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = minutes(10), .term_delay = seconds(2), .term_exit_code = 0};
  });
  world.Create(SimpleJob("j", IgnoreDisruptions));
  world.Run(minutes(1));
  StopWithPods(world, seconds(3));
  world.Restart();
  world.Run(minutes(1));
  EXPECT_TRUE(IsComplete(*world.Get<Job>("j")));
  EXPECT_EQ(world.store().List<Pod>()[0]->status.reason, "");
}

TEST(Drain, NothingRunningIsDoneAtOnce) {
  AgentWorld world([](const runtime::ContainerStart&) { return runtime::Script{}; });
  StopWithPods(world, Duration(0));
  world.Restart();
}

// The supervisor's journal is of another boot: it knows what ran, and that nobody saw how it ended.
TEST(Reboot, PodsOfAnotherBootEndUnknownWithDisruptionTarget) {
  for (const bool spare : {true, false}) {
    AgentWorld world([](const runtime::ContainerStart&) { return runtime::Script{.duration = minutes(1)}; });
    world.Create(SimpleJob("j", [&](JobSpec& spec) {
      IgnoreDisruptions(spec);
      if (!spare) spec.pod_failure_policy.reset();
    }));
    world.Run(seconds(30));
    world.Stop();
    world.runtime().Reboot();
    world.Restart();
    world.Run(seconds(1));
    const auto pod = world.store().List<Pod>()[0];
    const auto& end = std::get<api::ContainerTerminated>(pod->status.container_statuses[0].state);
    EXPECT_EQ(end.exit_code, 137);
    EXPECT_EQ(end.reason, "ContainerStatusUnknown");
    EXPECT_TRUE(api::IsConditionTrue(pod->status.conditions, kDisruptionTarget));
    world.Run(minutes(5));
    EXPECT_EQ(IsComplete(*world.Get<Job>("j")), spare);
    EXPECT_EQ(world.Get<Job>("j")->status.failed, spare ? 0 : 1);
  }
}

TEST(Sigterm, IsSentOnceHoweverOftenTheAgentRestartsDuringTheGracePeriod) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = hours(1), .term_delay = seconds(20)};
  });
  world.Create(SimpleJob("j", [](JobSpec& spec) { spec.active_deadline_seconds = 60; }));
  world.Run(seconds(60));
  for (int i = 0; i < 5; ++i) {
    world.Kill();
    world.Run(seconds(3));
  }
  EXPECT_THAT(world.runtime().terminated(), SizeIs(1));
  world.Run(seconds(10));
  EXPECT_TRUE(IsFailed(*world.Get<Job>("j")));
}

TEST(Evidence, PodsThatALimitStopsKeepTheirOutputAsLongAsTheirJob) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = hours(1), .term_delay = seconds(5)};
  });
  world.Create(SimpleJob("j", [](JobSpec& spec) {
    spec.parallelism = spec.completions = 2;
    spec.active_deadline_seconds = 60;
    spec.ttl_seconds_after_finished = 3600;
  }));
  world.Run(minutes(10));
  EXPECT_TRUE(IsFailed(*world.Get<Job>("j")));
  const auto pods = world.store().List<Pod>();
  ASSERT_THAT(pods, SizeIs(2));
  for (const auto& pod : pods) {
    EXPECT_EQ(pod->status.phase, PodPhase::kFailed);
    EXPECT_FALSE(pod->metadata.deletion_timestamp);
    EXPECT_EQ(std::get<api::ContainerTerminated>(pod->status.container_statuses[0].state).exit_code, 143);
  }
  EXPECT_THAT(world.runtime().removed_pods(), SizeIs(0));
  EXPECT_THAT(world.EventsOf("j"), Contains(StartsWith("SuccessfulStop: Stopped pod: j-")));
  world.Run(hours(1));
  EXPECT_FALSE(world.Get<Job>("j"));
  EXPECT_THAT(world.runtime().removed_pods(), SizeIs(2)) << "with the Job they go";
}

TEST(Evidence, SuspendedPodsAreDeletedAsUpstream) {
  AgentWorld world([](const runtime::ContainerStart&) { return runtime::Script{.duration = hours(1)}; });
  world.Create(SimpleJob("j"));
  world.Run(minutes(1));
  world.Change<Job>("j", [](Job& job) { job.spec.suspend = true; });
  world.Run(minutes(1));
  EXPECT_EQ(world.store().Count(api::Kind::kPod), 0U);
  EXPECT_THAT(world.EventsOf("j"), Contains(StartsWith("SuccessfulDelete: Deleted pod: j-")));
}

TEST(Stop, WhoIgnoresSigtermIsKilledAndAnUnreadableTimeIsNow) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = hours(1), .term_delay = Duration(-1)};
  });
  world.Create(SimpleJob("j", [](JobSpec& spec) { spec.active_deadline_seconds = 60; }));
  world.Run(seconds(89));
  EXPECT_EQ(world.runtime().running(), 1U);
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().running(), 0U);

  world.Create(SimpleJob("k"));
  for (const auto& pod : world.store().List<Pod>()) {
    if (!IsTerminal(*pod))
      world.Change<Pod>(pod->metadata.name,
                        [](Pod& p) { p.metadata.annotations[std::string(kStopByAnnotation)] = "soon"; });
  }
  world.Run(Duration(0));
  EXPECT_GE(world.runtime().terminated().size(), 1U);
}

}  // namespace
}  // namespace belfry::controllers
