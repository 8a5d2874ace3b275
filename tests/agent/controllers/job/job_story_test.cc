// Jobs from creation to their end, with pods that run on the fake runtime.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "agent/base/file_system.h"
#include "agent/manifest/loader.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using api::Job;
using api::Kind;
using api::Pod;
using testing::AgentWorld;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SimpleJob;

runtime::FakeRuntime::Scripts Always(Duration duration, int32_t exit_code) {
  return [=](const runtime::ContainerStart&) { return runtime::Script{duration, exit_code}; };
}

std::string Conditions(const Job& job) {
  std::string text;
  for (const api::Condition& condition : job.status.conditions) {
    text += (text.empty() ? "" : " ") + condition.type +
            (condition.status == api::ConditionStatus::kTrue ? "=True:" : "=False:") + condition.reason;
  }
  return text;
}

std::vector<int64_t> StartSeconds(AgentWorld& world, Instant since) {
  std::vector<int64_t> offsets;
  for (const auto& pod : world.store().List<Pod>()) {
    offsets.push_back(ToUnixSeconds(*pod->status.start_time) - ToUnixSeconds(since));
  }
  std::ranges::sort(offsets);
  return offsets;
}

// The users' data-processing Job, unchanged, and the claim that it asks for.
void ApplyDataProcessing(AgentWorld& world) {
  for (const char* name : {"persistentvolumeclaim.batch-data-pvc.yaml", "job.data-processing.yaml"}) {
    const auto parsed =
        manifest::LoadFile(PosixFileSystem(), std::string(BELFRY_SOURCE_DIR) + "/tests/manifests/" + name);
    ASSERT_EQ(parsed.objects.size(), 1U) << name;
    const auto& object = parsed.objects[0].object;
    if (const auto job = api::As<Job>(object)) world.Create(*job);
    if (const auto claim = api::As<api::PersistentVolumeClaim>(object)) world.Create(*claim);
  }
}

TEST(JobStory, DataProcessingTriesFourTimesAndIsGoneADayLater) {
  AgentWorld world(Always(seconds(5), 1));
  const Instant begin = world.now();
  ApplyDataProcessing(world);
  world.Run(hours(1));
  EXPECT_EQ(StartSeconds(world, begin), (std::vector<int64_t>{0, 15, 40, 85}));
  const auto job = world.store().Get<Job>("batch", "data-processing");
  ASSERT_TRUE(job);
  EXPECT_EQ(Conditions(*job), "FailureTarget=True:BackoffLimitExceeded Failed=True:BackoffLimitExceeded");
  for (const auto& start : world.runtime().starts()) {
    ASSERT_EQ(start.mounts.size(), 1U);
    EXPECT_EQ(start.mounts[0].source, "/batch/batch-data-pvc");
    EXPECT_EQ(start.mounts[0].target, "/data");
    EXPECT_FALSE(start.mounts[0].read_only);
  }
  const Instant end = *api::FindCondition(job->status.conditions, "Failed")->last_transition_time;
  world.Run(end + seconds(86399) - world.now());
  EXPECT_TRUE(world.store().Get<Job>("batch", "data-processing"));
  world.Run(seconds(2));
  EXPECT_FALSE(world.store().Get<Job>("batch", "data-processing"));
  EXPECT_TRUE(world.store().Get<api::PersistentVolumeClaim>("batch", "batch-data-pvc"));
}

TEST(JobStory, DataProcessingIsEndedAfterAnHour) {
  AgentWorld world(Always(hours(2), 0));
  ApplyDataProcessing(world);
  world.Run(seconds(3599));
  EXPECT_EQ(world.store().Get<Job>("batch", "data-processing")->status.active, 1);
  world.Run(seconds(60));
  EXPECT_EQ(Conditions(*world.store().Get<Job>("batch", "data-processing")),
            "FailureTarget=True:DeadlineExceeded Failed=True:DeadlineExceeded");
}

TEST(JobStory, OnePodSucceeds) {
  AgentWorld world(Always(seconds(5), 0));
  world.Create(SimpleJob("echo"));
  const auto running = world.Get<Job>("echo");
  EXPECT_EQ(running->status.active, 1);
  EXPECT_EQ(running->status.start_time, world.now());
  world.Run(seconds(10));
  const auto done = world.Get<Job>("echo");
  EXPECT_EQ(Conditions(*done), "SuccessCriteriaMet=True:CompletionsReached Complete=True:CompletionsReached");
  EXPECT_EQ(done->status.succeeded, 1);
  EXPECT_EQ(done->status.active, 0);
  EXPECT_EQ(done->status.terminating, 0);
  EXPECT_EQ(done->status.completion_time, *done->status.start_time + seconds(5));
  EXPECT_EQ(world.runtime().starts().size(), 1U);
  EXPECT_TRUE(world.runtime().processes().empty());  // forgotten once on record
  EXPECT_THAT(world.EventsOf("echo"), Contains("Completed: Job completed"));
}

TEST(JobStory, InstantFailuresStartAt0_10_30_70_150_310_630) {
  AgentWorld world(Always(Duration(0), 3));
  const Instant start = world.now();
  world.Create(SimpleJob("fails"));
  world.Run(hours(1));
  const auto job = world.Get<Job>("fails");
  EXPECT_THAT(StartSeconds(world, start), ElementsAre(0, 10, 30, 70, 150, 310, 630));
  EXPECT_EQ(job->status.failed, 7);
  EXPECT_EQ(Conditions(*job), "FailureTarget=True:BackoffLimitExceeded Failed=True:BackoffLimitExceeded");
  EXPECT_FALSE(job->status.completion_time);
  EXPECT_THAT(world.EventsOf("fails"),
              Contains("BackoffLimitExceeded: Job has reached the specified backoff limit"));
}

TEST(JobStory, OnFailureRestartsInPlaceAt0_0_10_30AndFailsAtTheLimit) {
  AgentWorld world(Always(Duration(0), 1));
  const Instant start = world.now();
  world.Create(SimpleJob("retry", [](api::JobSpec& spec) {
    spec.pod_template.spec.restart_policy = "OnFailure";
    spec.backoff_limit = 3;
  }));
  world.Run(hours(1));
  EXPECT_EQ(Conditions(*world.Get<Job>("retry")),
            "FailureTarget=True:BackoffLimitExceeded Failed=True:BackoffLimitExceeded");
  // The third restart is begun and stopped: three runs finished, the fourth just started.
  EXPECT_EQ(world.runtime().starts().size(), 4U);
  EXPECT_EQ(world.Get<Job>("retry")->status.failed, 1);
  EXPECT_LE(world.Get<Job>("retry")->status.conditions[0].last_transition_time, start + seconds(31));
}

TEST(JobStory, IndexedJobRunsEveryIndexOnce) {
  AgentWorld world(Always(seconds(1), 0));
  world.Create(SimpleJob("sweep", [](api::JobSpec& spec) {
    spec.completion_mode = "Indexed";
    spec.completions = 7;
    spec.parallelism = 3;
  }));
  world.Run(seconds(1));
  EXPECT_EQ(world.Get<Job>("sweep")->status.completed_indexes, "0-2");
  world.Run(seconds(10));
  const auto job = world.Get<Job>("sweep");
  EXPECT_EQ(job->status.completed_indexes, "0-6");
  EXPECT_EQ(job->status.succeeded, 7);
  std::vector<std::string> indexes;
  std::vector<std::string> hostnames;
  for (const auto& start : world.runtime().starts()) {
    for (const auto& [name, value] : start.env) {
      if (name == "JOB_COMPLETION_INDEX") indexes.push_back(value);
      if (name == "HOSTNAME") hostnames.push_back(value);
    }
  }
  EXPECT_THAT(indexes, ElementsAre("0", "1", "2", "3", "4", "5", "6"));
  EXPECT_THAT(hostnames,
              ElementsAre("sweep-0", "sweep-1", "sweep-2", "sweep-3", "sweep-4", "sweep-5", "sweep-6"));
}

TEST(JobStory, DeadlineKillsAndFailedWaitsForTheLastProcess) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = hours(9), .term_delay = seconds(12), .term_exit_code = 143};
  });
  world.Create(SimpleJob("slow", [](api::JobSpec& spec) { spec.active_deadline_seconds = 60; }));
  world.Run(seconds(59));
  EXPECT_EQ(Conditions(*world.Get<Job>("slow")), "");
  world.Run(seconds(1));
  EXPECT_EQ(Conditions(*world.Get<Job>("slow")), "FailureTarget=True:DeadlineExceeded");
  EXPECT_EQ(world.Get<Job>("slow")->status.terminating, 1);
  EXPECT_EQ(world.Get<Job>("slow")->status.failed, 1);
  EXPECT_EQ(world.runtime().running(), 1U);
  world.Run(seconds(11));
  EXPECT_FALSE(IsFinished(*world.Get<Job>("slow")));
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().running(), 0U);
  EXPECT_EQ(Conditions(*world.Get<Job>("slow")),
            "FailureTarget=True:DeadlineExceeded Failed=True:DeadlineExceeded");
  EXPECT_EQ(world.Get<Job>("slow")->status.terminating, 0);
}

TEST(JobStory, WhoIgnoresSigtermIsKilledAfterTheGracePeriod) {
  AgentWorld world([](const runtime::ContainerStart&) {
    return runtime::Script{.duration = seconds(-1), .term_delay = seconds(-1)};
  });
  world.Create(SimpleJob("deaf", [](api::JobSpec& spec) { spec.active_deadline_seconds = 1; }));
  world.Run(seconds(30));
  EXPECT_EQ(world.runtime().running(), 1U);
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().running(), 0U);
  EXPECT_TRUE(IsFailed(*world.Get<Job>("deaf")));
}

TEST(JobStory, SuspendStopsWithoutFailureAndResumeStartsTheDeadlineAfresh) {
  AgentWorld world(Always(hours(1), 0));
  world.Create(SimpleJob("pause", [](api::JobSpec& spec) { spec.active_deadline_seconds = 7200; }));
  world.Run(minutes(10));
  world.Change<Job>("pause", [](Job& job) { job.spec.suspend = true; });
  world.Run(hours(5));
  auto job = world.Get<Job>("pause");
  EXPECT_EQ(Conditions(*job), "Suspended=True:JobSuspended");
  EXPECT_EQ(job->status.failed, 0);
  EXPECT_EQ(job->status.active, 0);
  EXPECT_EQ(world.runtime().running(), 0U);
  world.Change<Job>("pause", [](Job& changed) { changed.spec.suspend = false; });
  job = world.Get<Job>("pause");
  EXPECT_EQ(Conditions(*job), "Suspended=False:JobResumed");
  EXPECT_EQ(job->status.start_time, world.now());
  world.Run(hours(1));
  EXPECT_TRUE(IsComplete(*world.Get<Job>("pause")));
}

TEST(JobStory, CreatedSuspendedHasNoStartTimeAndNoPods) {
  AgentWorld world(Always(hours(1), 0));
  world.Create(SimpleJob("later", [](api::JobSpec& spec) { spec.suspend = true; }));
  world.Run(hours(1));
  EXPECT_FALSE(world.Get<Job>("later")->status.start_time);
  EXPECT_TRUE(world.runtime().starts().empty());
}

TEST(JobStory, TtlRemovesJobAndPodsAndTheirFiles) {
  AgentWorld world(Always(seconds(1), 0));
  world.Create(SimpleJob("brief", [](api::JobSpec& spec) { spec.ttl_seconds_after_finished = 60; }));
  world.Run(seconds(60));
  EXPECT_TRUE(world.Get<Job>("brief"));
  world.Run(seconds(1));
  EXPECT_FALSE(world.Get<Job>("brief"));
  EXPECT_EQ(world.store().Count(Kind::kPod), 0U);
  EXPECT_EQ(world.runtime().removed_pods().size(), 1U);
}

TEST(JobStory, DeletingAJobStopsItsPods) {
  for (const auto propagation : {Propagation::kBackground, Propagation::kForeground}) {
    AgentWorld world([](const runtime::ContainerStart&) {
      return runtime::Script{.duration = hours(1), .term_delay = seconds(5)};
    });
    world.Create(SimpleJob("gone", [](api::JobSpec& spec) { spec.parallelism = spec.completions = 3; }));
    world.Delete(Kind::kJob, "gone", {.propagation = propagation});
    world.Run(seconds(4));
    EXPECT_EQ(world.runtime().running(), 3U);
    EXPECT_EQ(world.Get<Job>("gone") != nullptr, propagation == Propagation::kForeground);
    world.Run(seconds(1));
    EXPECT_EQ(world.runtime().running(), 0U);
    EXPECT_FALSE(world.Get<Job>("gone"));
    EXPECT_EQ(world.store().Count(Kind::kPod), 0U);
  }
}

TEST(JobStory, AGraceOfAgesIsNotNone) {
  for (const int64_t grace : {int64_t{9'000'000'000}, std::numeric_limits<int64_t>::max()}) {
    AgentWorld world([](const runtime::ContainerStart&) {
      return runtime::Script{.duration = hours(1), .term_delay = minutes(20)};
    });
    world.Create(SimpleJob("slow", [&](api::JobSpec& spec) {
      spec.active_deadline_seconds = 1;
      spec.pod_template.spec.termination_grace_period_seconds = grace;
    }));
    world.Run(minutes(19));
    EXPECT_EQ(world.runtime().running(), 1U);
    world.Run(minutes(2));
    EXPECT_EQ(world.runtime().running(), 0U);
    EXPECT_TRUE(IsFailed(*world.Get<Job>("slow")));
  }
}

TEST(JobStory, OrphanedPodsRunOn) {
  AgentWorld world(Always(minutes(1), 0));
  world.Create(SimpleJob("leave"));
  world.Delete(Kind::kJob, "leave", {.propagation = Propagation::kOrphan});
  world.Run(minutes(2));
  EXPECT_FALSE(world.Get<Job>("leave"));
  ASSERT_EQ(world.store().Count(Kind::kPod), 1U);
  const auto pod = world.store().List<Pod>()[0];
  EXPECT_EQ(pod->status.phase, api::PodPhase::kSucceeded);
  EXPECT_TRUE(pod->metadata.owner_references.empty());
  EXPECT_TRUE(pod->metadata.finalizers.empty());
}

TEST(JobStory, RunningPodsAreAdoptedAfterAgentDeath) {
  AgentWorld world(Always(minutes(1), 0));
  world.Create(SimpleJob("adopt", [](api::JobSpec& spec) { spec.parallelism = spec.completions = 4; }));
  world.Run(seconds(30));
  world.Kill();
  world.Run(seconds(1));
  EXPECT_EQ(world.runtime().running(), 4U);
  world.Run(seconds(29));
  EXPECT_TRUE(IsComplete(*world.Get<Job>("adopt")));
  EXPECT_EQ(world.runtime().starts().size(), 4U);
}

TEST(JobStory, RebootFailsPodsWithDisruptionTargetAndIgnoreSparesTheRetries) {
  AgentWorld world(Always(minutes(1), 0));
  world.Create(SimpleJob("reboot", [](api::JobSpec& spec) {
    spec.backoff_limit = 0;
    spec.pod_failure_policy = api::PodFailurePolicy{
        .rules = {{.action = "Ignore", .on_pod_conditions = {{.type = "DisruptionTarget"}}}}};
    spec.pod_replacement_policy = "Failed";
  }));
  world.Run(seconds(30));
  world.runtime().Disconnect();
  world.runtime().LoseEverything();
  world.Kill();
  world.Run(seconds(1));
  const auto pod = world.store().List<Pod>()[0];
  EXPECT_EQ(pod->status.phase, api::PodPhase::kFailed);
  const auto& end = std::get<api::ContainerTerminated>(pod->status.container_statuses[0].state);
  EXPECT_EQ(end.reason, "ContainerStatusUnknown");
  EXPECT_EQ(end.exit_code, 137);
  world.Run(minutes(3));
  const auto job = world.Get<Job>("reboot");
  EXPECT_TRUE(IsComplete(*job)) << Conditions(*job);
  EXPECT_EQ(job->status.failed, 0);
}

TEST(JobStory, BackoffSurvivesAgentDeath) {
  AgentWorld world(Always(Duration(0), 1));
  const Instant start = world.now();
  world.Create(SimpleJob("fails", [](api::JobSpec& spec) { spec.backoff_limit = 4; }));
  for (int i = 0; i < 40; ++i) {
    world.Run(seconds(5));
    world.Kill();
  }
  EXPECT_THAT(StartSeconds(world, start), ElementsAre(0, 10, 30, 70, 150));
  EXPECT_TRUE(IsFailed(*world.Get<Job>("fails")));
}

TEST(JobStory, FullDiskStopsStartsUntilThereIsRoomAgain) {
  AgentWorld world(Always(seconds(1), 0));
  world.Create(SimpleJob("first"));
  world.journal().FailWith(Error{Code::kResourceExhausted, "disk full"});
  world.Run(minutes(5));
  EXPECT_EQ(world.runtime().starts().size(), 1U);
  EXPECT_EQ(world.Get<Job>("first")->status.succeeded, 0);
  world.journal().FailWith(std::nullopt);
  world.Run(minutes(2));
  EXPECT_TRUE(IsComplete(*world.Get<Job>("first")));
}

}  // namespace
}  // namespace belfry::controllers
