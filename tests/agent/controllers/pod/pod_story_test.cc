// Pods from their first start to their end, on the fake runtime.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/controllers/pod/container_state.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using api::Pod;
using api::PodPhase;
using testing::AgentWorld;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SimpleContainer;

Pod MakePod(const std::function<void(api::PodSpec&)>& change = {}) {
  Pod pod;
  pod.metadata.name = "p";
  pod.spec.restart_policy = "Never";
  pod.spec.containers.push_back(SimpleContainer());
  if (change) change(pod.spec);
  return pod;
}

// Scripts by container name; those not named run for a second and succeed.
runtime::FakeRuntime::Scripts ByName(std::map<std::string, runtime::Script> scripts) {
  return [scripts = std::move(scripts)](const runtime::ContainerStart& start) {
    const auto it = scripts.find(start.id.container);
    return it == scripts.end() ? runtime::Script{.duration = seconds(1)} : it->second;
  };
}

std::vector<std::string> StartOrder(AgentWorld& world) {
  std::vector<std::string> names;
  for (const auto& start : world.runtime().starts()) names.push_back(start.id.container);
  return names;
}

std::string ReasonOf(const Pod& pod, size_t index = 0) {
  const api::ContainerStatus& status = pod.status.container_statuses[index];
  if (const auto* waiting = Waiting(status)) return waiting->reason;
  if (const auto* end = Terminated(status)) return end->reason;
  return "Running";
}

TEST(PodStory, GoesFromPendingOverRunningToSucceeded) {
  AgentWorld world(ByName({}));
  world.Create(MakePod());
  auto pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kRunning);
  EXPECT_TRUE(api::IsConditionTrue(pod->status.conditions, "Ready"));
  EXPECT_EQ(pod->status.container_statuses[0].container_id, "belfry://" + pod->metadata.uid + "/main/0");
  world.Run(seconds(1));
  pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kSucceeded);
  EXPECT_EQ(ReasonOf(*pod), "Completed");
  EXPECT_EQ(api::FindCondition(pod->status.conditions, "Ready")->reason, "PodCompleted");
}

TEST(PodStory, AStartIsAskedForOnce) {
  AgentWorld world(ByName({}));
  world.Create(MakePod());
  EXPECT_EQ(world.runtime().start_requests(), 1U);
}

TEST(PodStory, NothingStartsBeforeItIsOnDisk) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    return runtime::Script{.duration = seconds(1), .exit_code = start.id.attempt == 0 ? 1 : 0};
  });
  world.Create(MakePod([](api::PodSpec& spec) { spec.restart_policy = "OnFailure"; }));
  world.journal().FailWith(Error{Code::kResourceExhausted, "disk full"});
  world.Run(seconds(10));
  EXPECT_EQ(world.runtime().start_requests(), 1U);
  world.journal().FailWith(std::nullopt);
  world.Run(seconds(3));
  EXPECT_EQ(world.runtime().start_requests(), 2U);
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kSucceeded);
}

TEST(PodStory, InitContainersRunOneByOneThenTheOthersTogether) {
  AgentWorld world(ByName({}));
  world.Create(MakePod([](api::PodSpec& spec) {
    spec.init_containers = {SimpleContainer("i1"), SimpleContainer("i2")};
    spec.containers.push_back(SimpleContainer("second"));
  }));
  EXPECT_THAT(StartOrder(world), ElementsAre("i1"));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kPending);
  EXPECT_EQ(ReasonOf(*world.Get<Pod>("p")), "PodInitializing");
  world.Run(seconds(1));
  EXPECT_THAT(StartOrder(world), ElementsAre("i1", "i2"));
  world.Run(seconds(1));
  EXPECT_THAT(StartOrder(world), ElementsAre("i1", "i2", "main", "second"));
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kSucceeded);
}

TEST(PodStory, FailedInitContainerFailsThePodUnderNever) {
  AgentWorld world(ByName({{"i1", {.exit_code = 4}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.init_containers = {SimpleContainer("i1")}; }));
  world.Run(minutes(1));
  EXPECT_THAT(StartOrder(world), ElementsAre("i1"));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kFailed);
}

TEST(PodStory, Trap18RestartsAt0Then10_20_40Seconds) {
  AgentWorld world(ByName({{"main", {.exit_code = 1}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.restart_policy = "OnFailure"; }));
  EXPECT_EQ(world.runtime().starts().size(), 2U);  // the first restart is immediate
  auto pod = world.Get<Pod>("p");
  EXPECT_EQ(ReasonOf(*pod), "CrashLoopBackOff");
  EXPECT_EQ(pod->status.phase, PodPhase::kRunning);
  EXPECT_EQ(Waiting(pod->status.container_statuses[0])->message,
            "back-off 10s restarting failed container=main pod=p_default(" + pod->metadata.uid + ")");
  const std::pair<int, size_t> kSteps[] = {{9, 2}, {1, 3}, {19, 3}, {1, 4}, {39, 4}, {1, 5}};
  for (const auto& [wait, starts] : kSteps) {
    world.Run(seconds(wait));
    EXPECT_EQ(world.runtime().starts().size(), starts);
  }
  pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.container_statuses[0].restart_count, 4);
  EXPECT_EQ(pod->status.container_statuses[0].last_state->exit_code, 1);
}

TEST(PodStory, BackOffSurvivesAgentDeathAndCapsAtFiveMinutes) {
  AgentWorld world(ByName({{"main", {.exit_code = 1}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.restart_policy = "OnFailure"; }));
  for (int i = 0; i < 60; ++i) {
    world.Run(seconds(30));
    world.Kill();
    world.Run(Duration(0));
  }
  // 0, 0, 10, 30, 70, 150, 310, 610, 910, 1210, 1510 s
  EXPECT_EQ(world.runtime().starts().size(), 11U);
}

TEST(PodStory, TenMinutesOfRunningBeginTheBackOffAnew) {
  int runs = 0;
  AgentWorld world([&](const runtime::ContainerStart&) {
    return runtime::Script{.duration = ++runs == 4 ? minutes(10) : Duration(0), .exit_code = 1};
  });
  world.Create(MakePod([](api::PodSpec& spec) { spec.restart_policy = "OnFailure"; }));
  world.Run(seconds(30));  // 0, 0, 10, 30: the fourth runs for ten minutes
  EXPECT_EQ(runs, 4);
  world.Run(minutes(10));
  EXPECT_EQ(runs, 5);  // at once
  world.Run(seconds(10));
  EXPECT_EQ(runs, 6);
}

TEST(PodStory, Trap19OneFailedContainerOfTwoLeavesThePodRunning) {
  AgentWorld world(ByName({{"main", {.exit_code = 1}}, {"second", {.duration = minutes(1)}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.containers.push_back(SimpleContainer("second")); }));
  world.Run(seconds(30));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kRunning);
  world.Run(seconds(30));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kFailed);
}

TEST(PodStory, OnFailureDoesNotRerunWhatSucceeded) {
  AgentWorld world(ByName({{"second", {.exit_code = 1}}}));
  world.Create(MakePod([](api::PodSpec& spec) {
    spec.restart_policy = "OnFailure";
    spec.containers.push_back(SimpleContainer("second"));
  }));
  world.Run(seconds(30));
  EXPECT_EQ(std::ranges::count(StartOrder(world), "main"), 1);
}

TEST(PodStory, SidecarStartsFirstAndEndsLast) {
  AgentWorld world(ByName({{"side", {.duration = seconds(-1), .term_delay = seconds(2)}}}));
  world.Create(MakePod([](api::PodSpec& spec) {
    spec.init_containers = {SimpleContainer("side")};
    spec.init_containers[0].restart_policy = "Always";
  }));
  EXPECT_THAT(StartOrder(world), ElementsAre("side", "main"));
  world.Run(seconds(2));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kRunning);
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kSucceeded);
  EXPECT_EQ(world.runtime().running(), 0U);
}

TEST(PodStory, PodDeadlineStopsAndFails) {
  AgentWorld world(ByName({{"main", {.duration = hours(1), .term_delay = seconds(3)}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.active_deadline_seconds = 10; }));
  world.Run(seconds(12));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kRunning);
  world.Run(seconds(1));
  const auto pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kFailed);
  EXPECT_EQ(pod->status.reason, "DeadlineExceeded");
  EXPECT_EQ(pod->status.message, "Pod was active on the node longer than the specified deadline");
}

TEST(PodStory, DeletionSignalsOnceThenKillsAtTheEndOfGrace) {
  AgentWorld world(ByName({{"main", {.duration = seconds(-1), .term_delay = seconds(-1)}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.termination_grace_period_seconds = 5; }));
  world.Delete(api::Kind::kPod, "p");
  EXPECT_EQ(std::ranges::count(world.EventsOf("p"), "Killing: Stopping container main"), 1);
  world.Run(seconds(4));
  EXPECT_EQ(world.runtime().running(), 1U);
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().running(), 0U);
  EXPECT_FALSE(world.Get<Pod>("p"));
  EXPECT_EQ(world.runtime().removed_pods().size(), 1U);
}

TEST(PodStory, AShorterGraceHoldsALongerOneDoesNot) {
  AgentWorld world(ByName({{"main", {.duration = seconds(-1), .term_delay = seconds(-1)}}}));
  world.Create(MakePod());
  world.Delete(api::Kind::kPod, "p", {.grace_period_seconds = 10});
  world.Delete(api::Kind::kPod, "p", {.grace_period_seconds = 100});
  world.Delete(api::Kind::kPod, "p", {.grace_period_seconds = 2});
  world.Run(seconds(2));
  EXPECT_FALSE(world.Get<Pod>("p"));
}

TEST(PodStory, MissingKeyWaitsAndStartsOnceItIsThere) {
  AgentWorld world(ByName({}));
  world.Create(MakePod([](api::PodSpec& spec) {
    spec.containers[0].env.push_back(
        {.name = "K", .value_from = api::ConfigMapKeyRef{{.name = "m", .key = "k"}}});
  }));
  world.Run(minutes(30));
  auto pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kPending);
  EXPECT_EQ(ReasonOf(*pod), "CreateContainerConfigError");
  EXPECT_THAT(world.EventsOf("p"), ElementsAre("Failed: Error: configmap \"m\" not found"));
  api::ConfigMap map;
  map.metadata.name = "m";
  map.data = {{"k", "v"}};
  world.Create(map);
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kSucceeded);
  EXPECT_EQ(world.Get<Pod>("p")->status.container_statuses[0].restart_count, 0);
}

Pod PodWithClaim(const std::string& restart_policy) {
  return MakePod([&](api::PodSpec& spec) {
    spec.restart_policy = restart_policy;
    spec.active_deadline_seconds = 3600;
    spec.volumes = {{.name = "data", .claim = api::ClaimVolumeSource{.claim_name = "etl"}}};
    spec.containers[0].volume_mounts = {{.name = "data", .mount_path = "/data"}};
  });
}

api::PersistentVolumeClaim Claim() {
  api::PersistentVolumeClaim claim;
  claim.metadata.name = "etl";
  claim.access_modes = {"ReadWriteOnce"};
  claim.resources.requests = {{"storage", "1Gi"}};
  return claim;
}

TEST(PodStory, MissingClaimHoldsThePodBeforeItHasAPlace) {
  const std::string why = "0/1 nodes are available: persistentvolumeclaim \"etl\" not found.";
  AgentWorld world(ByName({}));
  world.Create(PodWithClaim("Never"));
  EXPECT_THAT(world.EventsOf("p"), ElementsAre("FailedScheduling: " + why));
  world.Run(hours(2));  // its deadline counts from its start, which has not come
  auto pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kPending);
  EXPECT_FALSE(pod->status.start_time);
  ASSERT_EQ(pod->status.conditions.size(), 1U);
  EXPECT_EQ(pod->status.conditions[0].type, "PodScheduled");
  EXPECT_EQ(pod->status.conditions[0].reason, "Unschedulable");
  EXPECT_EQ(pod->status.conditions[0].message, why);
  world.Create(Claim());
  world.Run(seconds(1));
  pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kSucceeded);
  EXPECT_TRUE(api::IsConditionTrue(pod->status.conditions, "PodScheduled"));
  EXPECT_EQ(api::FindCondition(pod->status.conditions, "PodScheduled")->message, "");
}

TEST(PodStory, PodThatWaitsForAClaimIsDeletedAtOnce) {
  AgentWorld world(ByName({}));
  world.Create(PodWithClaim("Never"));
  world.Delete(api::Kind::kPod, "p");
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Pod>("p"), nullptr);
  EXPECT_TRUE(world.runtime().starts().empty());
}

TEST(PodStory, ClaimThatGoesUnderAPodIsNotMissedByItsRestart) {
  AgentWorld world(ByName({{"main", {.duration = seconds(5), .exit_code = 1}}}));
  world.Create(Claim());
  world.Create(PodWithClaim("OnFailure"));
  world.Delete(api::Kind::kPersistentVolumeClaim, "etl");
  world.Run(seconds(6));
  EXPECT_EQ(world.Get<api::PersistentVolumeClaim>("etl"), nullptr);
  EXPECT_EQ(world.runtime().starts().size(), 2U);
  EXPECT_EQ(world.runtime().starts()[1].mounts, world.runtime().starts()[0].mounts);
  EXPECT_EQ(world.runtime().starts()[1].mounts.size(), 1U);
}

TEST(PodStory, ImageEntryThatComesWithAReloadStartsThePod) {
  AgentWorld world(ByName({}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.containers[0].command.clear(); }));
  EXPECT_EQ(ReasonOf(*world.Get<Pod>("p")), "CreateContainerError");
  runtime::Places places;
  places.images =
      runtime::ImageMap(std::vector<runtime::ImageEntry>{{.match = "busybox", .command = {"/bin/true"}}});
  world.pods().SetPlaces(places);
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kSucceeded);
}

TEST(PodStory, WhatCannotBeStartedEndsWith128StartError) {
  AgentWorld world(ByName({{"main", {.start_error = "exec /bin/none: No such file or directory"}}}));
  world.Create(MakePod());
  const auto pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kFailed);
  const auto* end = Terminated(pod->status.container_statuses[0]);
  EXPECT_EQ(end->exit_code, 128);
  EXPECT_EQ(end->reason, "StartError");
  EXPECT_EQ(end->message, "exec /bin/none: No such file or directory");
  EXPECT_THAT(world.EventsOf("p"), Contains(HasSubstr("exec /bin/none")));
}

TEST(PodStory, ExitCodeOfAProcessThatEndedWithoutAnAgentIsKept) {
  AgentWorld world(ByName({{"main", {.duration = seconds(10), .exit_code = 7}}}));
  world.Create(MakePod());
  world.DieBefore(1);  // nothing is done when it ends; the next agent learns of it
  world.Run(seconds(11));
  EXPECT_EQ(world.deaths(), 1U);
  EXPECT_EQ(Terminated(world.Get<Pod>("p")->status.container_statuses[0])->exit_code, 7);
  EXPECT_EQ(world.runtime().starts().size(), 1U);
}

TEST(PodStory, RunningContainerOfAnUnknownPodIsKilled) {
  AgentWorld world(ByName({{"main", {.duration = hours(1)}}}));
  world.runtime().Start({.id = {"stranger", "main", 0}, .ns = "default", .pod = "x", .argv = {"/bin/true"}});
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().running(), 0U);
  EXPECT_TRUE(world.runtime().processes().empty());
}

TEST(PodStory, ContainerOfAPodThatANamesakeReplacedInOneTurnIsForgotten) {
  AgentWorld world(ByName({}));
  const std::string old = world.Create(MakePod())->metadata.uid;
  ASSERT_TRUE(world.store().Remove({api::Kind::kPod, "default", "p"}).ok());
  Pod namesake = MakePod();
  namesake.metadata.ns = "default";
  ASSERT_TRUE(world.store().Create(namesake).ok());
  world.Run(seconds(2));
  EXPECT_EQ(world.Get<Pod>("p")->status.phase, PodPhase::kSucceeded);
  EXPECT_EQ(world.runtime().starts().size(), 2U);
  EXPECT_FALSE(world.runtime().processes().contains({old, "main", 0}));
}

TEST(PodStory, LostContainerIsRestartedUnderOnFailure) {
  AgentWorld world(ByName({{"main", {.duration = minutes(1)}}}));
  world.Create(MakePod([](api::PodSpec& spec) { spec.restart_policy = "OnFailure"; }));
  world.Run(seconds(30));
  world.runtime().LoseEverything();
  world.Kill();
  world.Run(minutes(2));
  const auto pod = world.Get<Pod>("p");
  EXPECT_EQ(pod->status.phase, PodPhase::kSucceeded);
  EXPECT_EQ(pod->status.container_statuses[0].last_state->reason, kStatusUnknown);
  EXPECT_FALSE(api::FindCondition(pod->status.conditions, "DisruptionTarget"));
}

}  // namespace
}  // namespace belfry::controllers
