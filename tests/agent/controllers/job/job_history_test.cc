// Random Jobs with every field there is, random ends of their pods, users who interfere, an agent that dies
// at random actions, a host that reboots: what must hold in every history. What is checked is in
// job_ledger.h.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/base/log.h"
#include "agent/controllers/job/job_pods.h"
#include "agent/controllers/ttl.h"
#include "tests/agent/controllers/job/job_ledger.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using testing::AgentWorld;
using testing::SimpleJob;

// One history: its Job, its pods' behaviour, what users do and its deaths all follow from the seed.
class History {
 public:
  explicit History(uint64_t seed)
      : random_(seed),
        world_([this](const runtime::ContainerStart& start) { return Behave(start); }),
        ledger_(world_.loop(), world_.runtime()) {}

  void Run() {
    world_.OnBoot([this](store::Store& store) { ledger_.Watch(store); });
    world_.Kill();  // so that the first store is watched, too
    const api::Job job = MakeJob();
    world_.Create(job);
    if (Chance(60)) world_.DieBefore(1 + Below(60));
    for (int i = 0; i < 25 && !Over(); ++i) {
      world_.Run(seconds(static_cast<int64_t>(1 + Below(120))));
      ledger_.CheckSettled();
      if (Chance(25)) world_.DieBefore(1 + Below(25));
      if (Chance(15)) Interfere();
    }
    LetItEnd();
    world_.Run(hours(30));
    CheckEnd();
  }

 private:
  uint64_t Below(uint64_t n) { return random_.Next() % n; }
  int32_t Number(uint64_t below) { return static_cast<int32_t>(Below(below)); }
  bool Chance(uint64_t percent) { return Below(100) < percent; }
  api::Ptr<api::Job> Get() { return world_.Get<api::Job>("j"); }
  bool Over() {
    const auto job = Get();
    return !job || IsFinished(*job);
  }

  runtime::Script Behave(const runtime::ContainerStart&) {
    static constexpr int64_t kDurations[] = {0, 0, 1, 7, 60, 900};
    runtime::Script script;
    script.duration = seconds(kDurations[Below(std::size(kDurations))]);
    script.exit_code = Chance(failure_percent_) ? 1 + Number(3) : 0;
    script.term_delay = seconds(static_cast<int64_t>(Below(3) * 20));
    if (Chance(20)) script.term_exit_code = 0;  // finishes its work when it is told to end
    if (Chance(3)) script.start_error = "exec /bin/none: No such file or directory";
    return script;
  }

  // --- The Job ---

  api::Job MakeJob() {
    failure_percent_ = Below(3) * 30;
    return SimpleJob("j", [this](api::JobSpec& spec) {
      spec.parallelism = 1 + Number(4);
      if (Chance(85)) {
        spec.completions = Number(9);
      } else {
        spec.completions.reset();
      }
      spec.backoff_limit = Number(5);
      spec.suspend = Chance(10);
      if (Chance(30)) spec.pod_template.spec.restart_policy = "OnFailure";
      if (spec.completions && Chance(50)) MakeIndexed(spec);
      if (Chance(20)) spec.active_deadline_seconds = static_cast<int64_t>(Below(2000));
      if (Chance(20)) spec.ttl_seconds_after_finished = Number(1000);
      if (Chance(30)) spec.pod_replacement_policy = "Failed";
      if (spec.pod_template.spec.restart_policy == "Never" && Chance(40)) AddFailurePolicy(spec);
    });
  }

  void MakeIndexed(api::JobSpec& spec) {
    spec.completion_mode = "Indexed";
    if (Chance(50)) {
      spec.backoff_limit_per_index = Number(3);
      if (Chance(80)) spec.backoff_limit = 2147483647;
      if (Chance(30)) spec.max_failed_indexes = Number(3);
    }
    if (Chance(25)) {
      api::SuccessPolicyRule rule;
      if (Chance(50)) rule.succeeded_indexes = Chance(50) ? "0,2" : "1-3";
      if (!rule.succeeded_indexes || Chance(30)) rule.succeeded_count = 1 + Number(2);
      spec.success_policy = api::SuccessPolicy{.rules = {rule}};
    }
  }

  void AddFailurePolicy(api::JobSpec& spec) {
    static const char* const kActions[] = {"Ignore", "Count", "FailJob", "FailIndex"};
    spec.pod_replacement_policy = "Failed";
    api::PodFailurePolicy policy;
    if (Chance(40))
      policy.rules.push_back({.action = "Ignore", .on_pod_conditions = {{.type = "DisruptionTarget"}}});
    for (uint64_t i = 1 + Below(2); i > 0; --i) {
      const char* action = kActions[Below(spec.backoff_limit_per_index ? 4 : 3)];
      const char* op = Chance(70) ? "In" : "NotIn";
      policy.rules.push_back(
          {.action = action,
           .on_exit_codes = api::FailurePolicyOnExitCodes{.op = op, .values = {1 + Number(3)}}});
    }
    spec.pod_failure_policy = std::move(policy);
    // A pod whose every failure is ignored would be tried for ever.
    failure_percent_ = std::min<uint64_t>(failure_percent_, 30);
  }

  // --- Interference ---

  void ChangeSpec(const std::function<void(api::JobSpec&)>& change) {
    // What a dying agent was told last may be lost; nobody acknowledged it.
    for (int i = 0; i < 3; ++i) {
      const auto job = Get();
      if (!job || job->metadata.deletion_timestamp) return;
      api::JobSpec wanted = job->spec;
      change(wanted);
      world_.Change<api::Job>("j", [&](api::Job& changed) { changed.spec = wanted; });
      const auto now = Get();
      if (!now || now->spec == wanted) return;
    }
  }

  void Interfere() {
    switch (Below(8)) {
      case 0:
      case 1:
        return ChangeSpec([](api::JobSpec& spec) { spec.suspend = !spec.suspend.value_or(false); });
      case 2:
        return ChangeSpec([n = Number(6)](api::JobSpec& spec) {
          if (spec.completions && IsIndexed(spec) && n > 2) spec.completions = n;  // elastic
          spec.parallelism = n;
        });
      case 3:
        return ChangeSpec([n = Number(4)](api::JobSpec& spec) { spec.backoff_limit = n; });
      case 4:
        return ChangeSpec([n = Below(3000)](api::JobSpec& spec) {
          spec.active_deadline_seconds = static_cast<int64_t>(n);
        });
      case 5:
        return Reboot();
      default:
        return DeleteAPod();
    }
  }

  void Reboot() {
    world_.Stop();
    Chance(50) ? world_.runtime().Reboot() : world_.runtime().LoseEverything();
    world_.Restart();
    world_.Settle();
  }

  void DeleteAPod() {
    world_.Settle();
    const auto pods = world_.store().List<api::Pod>();
    if (!pods.empty()) world_.Delete(api::Kind::kPod, pods[Below(pods.size())]->metadata.name);
  }

  // Nothing that a user has asked for keeps it from ending any more.
  void LetItEnd() {
    ChangeSpec([](api::JobSpec& spec) {
      spec.suspend = false;
      if (spec.parallelism.value_or(1) != 0) return;
      spec.parallelism = 2;
    });
  }

  // --- At the end ---

  void CheckEnd() {
    EXPECT_EQ(world_.runtime().running(), 0U);
    EXPECT_TRUE(world_.runtime().processes().empty()) << "something was not acknowledged";
    std::set<runtime::ContainerId> started;
    for (const auto& start : world_.runtime().starts()) {
      EXPECT_TRUE(started.insert(start.id).second) << start.pod << " started twice";
    }
    std::set<runtime::ContainerId> terminated;
    for (const auto& id : world_.runtime().terminated()) {
      EXPECT_TRUE(terminated.insert(id).second) << id.container << " got SIGTERM twice";
    }
    const auto job = Get();
    if (!job) {  // its ttl has passed
      EXPECT_EQ(world_.store().Count(api::Kind::kPod), 0U);
      return;
    }
    EXPECT_TRUE(IsFinished(*job)) << "still open after a day: " << Describe(*job);
    EXPECT_FALSE(TtlDue(*job) && *TtlDue(*job) < world_.now()) << "outlived its ttl";
    ledger_.CheckAllCounted();
  }

  std::string Describe(const api::Job& job) {
    std::string text = "active " + std::to_string(job.status.active) + " succeeded " +
                       std::to_string(job.status.succeeded) + " failed " + std::to_string(job.status.failed);
    for (const auto& condition : job.status.conditions) text += " " + condition.type + ":" + condition.reason;
    for (const auto& pod : world_.store().List<api::Pod>()) {
      text += "\n" + pod->metadata.name + " " + std::string(api::PodPhaseName(pod->status.phase)) +
              (IsEnding(*pod) ? " ending" : "") + (IsTracked(*pod) ? " tracked" : "") + " restarts " +
              std::to_string(RestartCount(*pod));
    }
    return text;
  }

  SeededRandom random_;
  AgentWorld world_;
  JobLedger ledger_;
  uint64_t failure_percent_ = 0;
};

#ifdef __SANITIZE_ADDRESS__
constexpr uint64_t kHistoriesPerShard = 50;  // the same paths, ten times slower
#else
constexpr uint64_t kHistoriesPerShard = 1000;
#endif

class JobHistories : public ::testing::TestWithParam<uint64_t> {};

TEST_P(JobHistories, HoldTheInvariants) {
  SetUpLog({.level = LogLevel::kOff});
  const uint64_t first = GetParam() * kHistoriesPerShard + 1;
  for (uint64_t seed = first; seed < first + kHistoriesPerShard; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History(seed).Run();
    if (HasFailure()) return;
  }
}

// Twenty thousand of them, in shares that run side by side.
INSTANTIATE_TEST_SUITE_P(Shard, JobHistories, ::testing::Range<uint64_t>(0, 20));

// Dies before the n-th action, for every n there is, once in each history.
TEST(JobHistory, DyingAtEachActionOnceChangesNothing) {
  SetUpLog({.level = LogLevel::kOff});
  const auto scripts = [](const runtime::ContainerStart& start) {
    // By index and try: the same in every history, whatever the pods are called.
    int32_t index = 0;
    for (const auto& [name, value] : start.env) {
      if (name == "JOB_COMPLETION_INDEX") index = value[0] - '0';
    }
    return runtime::Script{.duration = seconds(3 + index), .exit_code = 0};
  };
  const auto run = [&](uint64_t death) {
    auto world = std::make_unique<AgentWorld>(scripts);
    if (death > 0) world->DieBefore(death);
    const api::Job job = SimpleJob("j", [](api::JobSpec& spec) {
      spec.completion_mode = "Indexed";
      spec.completions = 5;
      spec.parallelism = 2;
    });
    world->Create(job);
    if (!world->Get<api::Job>("j")) world->Create(job);  // it died before it could acknowledge the first
    world->Run(minutes(5));
    return world;
  };
  const auto undisturbed = run(0);
  const api::JobStatus wanted = undisturbed->Get<api::Job>("j")->status;
  ASSERT_EQ(wanted.succeeded, 5);
  const uint64_t actions = undisturbed->actions();
  for (uint64_t n = 1; n <= actions; ++n) {
    SCOPED_TRACE("dies before action " + std::to_string(n));
    const auto world = run(n);
    const auto job = world->Get<api::Job>("j");
    EXPECT_TRUE(IsComplete(*job));
    EXPECT_EQ(job->status.completed_indexes, wanted.completed_indexes);
    EXPECT_EQ(job->status.succeeded, 5);
    EXPECT_EQ(job->status.failed, 0);
    EXPECT_EQ(world->runtime().starts().size(), 5U);
    EXPECT_EQ(world->deaths(), 1U);
  }
}

}  // namespace
}  // namespace belfry::controllers
