// Random Jobs, random ends of their pods, an agent that dies at random actions: what must hold in every
// history.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "agent/base/log.h"
#include "agent/controllers/job/backoff.h"
#include "agent/controllers/job/indexes.h"
#include "agent/controllers/job/job_pods.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using testing::AgentWorld;
using testing::SimpleJob;

// One history: its Job, its pods' behaviour and its deaths all follow from the seed.
class History {
 public:
  explicit History(uint64_t seed)
      : random_(seed), world_([this](const runtime::ContainerStart& start) { return Behave(start); }) {}

  void Run() {
    world_.OnBoot([this](store::Store& store) { Watch(store); });
    world_.Kill();  // so that the first store is watched, too
    const api::Job job = MakeJob();
    parallelism_ = *job.spec.parallelism;
    spec_ = job.spec;
    world_.Create(job);
    if (Chance(60)) world_.DieBefore(1 + Below(60));
    for (int i = 0; i < 40 && !Over(); ++i) {
      world_.Run(seconds(static_cast<int64_t>(1 + Below(120))));
      if (Chance(25)) world_.DieBefore(1 + Below(25));
      if (Chance(5)) Interfere();
    }
    if (spec_.suspend.value_or(false)) SetSuspend(false);
    world_.Run(hours(24));
    CheckEnd();
  }

 private:
  uint64_t Below(uint64_t n) { return random_.Next() % n; }
  bool Chance(uint64_t percent) { return Below(100) < percent; }
  bool Over() {
    const auto job = world_.Get<api::Job>("j");
    return job && IsFinished(*job);
  }

  runtime::Script Behave(const runtime::ContainerStart&) {
    static constexpr int64_t kDurations[] = {0, 0, 1, 7, 60, 900};
    runtime::Script script;
    script.duration = seconds(kDurations[Below(std::size(kDurations))]);
    script.exit_code = Chance(failure_percent_) ? static_cast<int32_t>(1 + Below(3)) : 0;
    script.term_delay = seconds(static_cast<int64_t>(Below(3) * 20));
    if (Chance(3)) script.start_error = "exec /bin/none: No such file or directory";
    return script;
  }

  api::Job MakeJob() {
    failure_percent_ = Below(3) * 30;
    return SimpleJob("j", [this](api::JobSpec& spec) {
      spec.parallelism = static_cast<int32_t>(1 + Below(4));
      if (Chance(85)) {
        spec.completions = static_cast<int32_t>(Below(9));
      } else {
        spec.completions.reset();
      }
      spec.backoff_limit = static_cast<int32_t>(Below(5));
      if (Chance(30)) spec.pod_template.spec.restart_policy = "OnFailure";
      if (spec.completions && Chance(50)) MakeIndexed(spec);
      if (Chance(20)) spec.active_deadline_seconds = static_cast<int64_t>(Below(2000));
      if (Chance(30)) spec.pod_replacement_policy = "Failed";
      if (spec.pod_template.spec.restart_policy == "Never" && Chance(25)) AddFailurePolicy(spec);
    });
  }

  void MakeIndexed(api::JobSpec& spec) {
    spec.completion_mode = "Indexed";
    if (Chance(40)) {
      spec.backoff_limit_per_index = static_cast<int32_t>(Below(3));
      spec.backoff_limit = 2147483647;
      if (Chance(30)) spec.max_failed_indexes = static_cast<int32_t>(Below(3));
    }
    if (Chance(20)) {
      spec.success_policy =
          api::SuccessPolicy{.rules = {{.succeeded_count = static_cast<int32_t>(1 + Below(3))}}};
    }
  }

  void AddFailurePolicy(api::JobSpec& spec) {
    static const char* const kActions[] = {"Ignore", "Count", "FailJob", "FailIndex"};
    spec.pod_replacement_policy = "Failed";
    spec.pod_failure_policy = api::PodFailurePolicy{
        .rules = {{.action = kActions[Below(4)],
                   .on_exit_codes = api::FailurePolicyOnExitCodes{.op = "In", .values = {2}}}}};
    // A pod whose every failure is ignored would be tried for ever.
    failure_percent_ = std::min<uint64_t>(failure_percent_, 30);
  }

  void SetSuspend(bool suspend) {
    spec_.suspend = suspend;
    // What a dying agent was told last may be lost; nobody acknowledged it.
    while (world_.Get<api::Job>("j")->spec.suspend != suspend) {
      world_.Change<api::Job>("j", [&](api::Job& job) { job.spec.suspend = suspend; });
    }
  }

  void Interfere() {
    if (Chance(50)) return SetSuspend(!spec_.suspend.value_or(false));
    const auto pods = world_.store().List<api::Pod>();
    if (!pods.empty()) world_.Delete(api::Kind::kPod, pods[Below(pods.size())]->metadata.name);
  }

  // --- What must hold at every commit ---

  void Watch(store::Store& store) {
    store.Watch([this, &store](std::span<const store::Change> changes) {
      for (const store::Change& change : changes) {
        // The mark and the object may go in one commit.
        if (change.key.kind == api::Kind::kPod && !change.after && change.before) {
          const auto gone = api::As<api::Pod>(*change.before);
          if (IsTracked(*gone)) unmarked_.insert(gone->metadata.uid);
        }
        if (change.key.kind == api::Kind::kPod && change.after)
          OnPod(*api::As<api::Pod>(*change.after), change);
        if (change.key.kind == api::Kind::kJob && change.after && change.before) {
          OnJob(*api::As<api::Job>(*change.before), *api::As<api::Job>(*change.after));
        }
      }
      CheckActive(store);
    });
  }

  void OnPod(const api::Pod& pod, const store::Change& change) {
    const std::string& uid = pod.metadata.uid;
    if (!change.before) CheckDelay(pod);
    const bool was_tracked = change.before && IsTracked(*api::As<api::Pod>(*change.before));
    if (was_tracked && !IsTracked(pod)) {
      EXPECT_TRUE(unmarked_.insert(uid).second) << "counted twice";
    }
    if (!IsTerminal(pod)) return;
    const auto [it, fresh] = phases_.try_emplace(uid, pod.status.phase);
    EXPECT_EQ(it->second, pod.status.phase) << "a final phase changed";
    if (fresh && pod.status.phase == api::PodPhase::kFailed && !IsDeleting(pod)) {
      newest_failure_ = std::max(newest_failure_, FinishTime(pod));
    }
  }

  // The first delay is the shortest there is; only failures since the last success matter, so a Job in which
  // anything has succeeded is not judged here.
  void CheckDelay(const api::Pod&) {
    const auto job = world_.Get<api::Job>("j");
    if (!job || job->spec.backoff_limit_per_index || job->status.backoff.failures_since_success == 0) return;
    EXPECT_GE(world_.now(), *NextCreation(job->status.backoff)) << "retried too early";
  }

  void OnJob(const api::Job& before, const api::Job& after) {
    const auto is = [](const api::Job& job, std::string_view type) {
      return api::IsConditionTrue(job.status.conditions, type);
    };
    EXPECT_FALSE(IsComplete(after) && (IsFailed(after) || is(after, api::kJobFailureTarget)));
    EXPECT_FALSE(IsFailed(after) && is(after, api::kJobSuccessCriteriaMet));
    EXPECT_GE(after.status.failed, before.status.failed);
    EXPECT_LE(after.status.ready.value_or(0), after.status.active);
    if (IsFinished(before)) {
      EXPECT_EQ(before.status, after.status) << "a final status changed";
    }
    if (IsFailed(after)) {
      EXPECT_TRUE(is(after, api::kJobFailureTarget));
    }
    if (IsComplete(after)) {
      EXPECT_TRUE(is(after, api::kJobSuccessCriteriaMet));
    }
    if (IsFinished(after) && !IsFinished(before)) {
      EXPECT_EQ(world_.runtime().running(), 0U) << "finished while something runs";
      EXPECT_EQ(after.status.active, 0);
      EXPECT_EQ(after.status.terminating.value_or(0), 0);
      // Both steps may fall into one commit, never in the other order.
      const std::string& last = after.status.conditions.back().type;
      EXPECT_TRUE(last == api::kJobComplete || last == api::kJobFailed);
    }
  }

  // Upstream allows more processes than parallelism only while deleted pods end under TerminatingOrFailed.
  void CheckActive(store::Store& store) {
    int32_t active = 0;
    int32_t terminating = 0;
    std::set<int32_t> indexes;
    for (const auto& pod : store.List<api::Pod>()) {
      if (IsTerminating(*pod)) ++terminating;
      if (!IsActive(*pod)) continue;
      ++active;
      const auto index = CompletionIndex(*pod);
      EXPECT_TRUE(!index || indexes.insert(*index).second) << "index twice";
    }
    EXPECT_LE(active, parallelism_);
    if (ReplacesOnlyFailed(spec_)) {
      EXPECT_LE(active + terminating, parallelism_);
    }
  }

  void CheckEnd() {
    const auto job = world_.Get<api::Job>("j");
    ASSERT_TRUE(job);
    EXPECT_TRUE(IsFinished(*job)) << "still open after a day: " << Describe(*job);
    EXPECT_EQ(world_.runtime().running(), 0U);
    std::set<runtime::ContainerId> started;
    for (const auto& start : world_.runtime().starts()) {
      EXPECT_TRUE(started.insert(start.id).second) << start.pod << " started twice";
    }
    EXPECT_TRUE(world_.runtime().processes().empty()) << "something was not acknowledged";
    CheckCounters(*job);
  }

  std::string Describe(const api::Job& job) {
    std::string text = "active " + std::to_string(job.status.active) + " succeeded " +
                       std::to_string(job.status.succeeded) + " failed " + std::to_string(job.status.failed);
    for (const auto& condition : job.status.conditions) text += " " + condition.type + ":" + condition.reason;
    for (const auto& pod : world_.store().List<api::Pod>()) {
      text += "\n" + pod->metadata.name + " " + std::string(api::PodPhaseName(pod->status.phase)) +
              (IsDeleting(*pod) ? " deleting" : "") + (IsTracked(*pod) ? " tracked" : "") + " restarts " +
              std::to_string(RestartCount(*pod));
    }
    return text;
  }

  void CheckCounters(const api::Job& job) {
    int32_t succeeded = 0;
    int32_t failed = 0;
    IndexSet indexes;
    for (const auto& pod : world_.store().List<api::Pod>()) {
      EXPECT_FALSE(IsTracked(*pod)) << pod->metadata.name << " was never counted";
      const bool success = pod->status.phase == api::PodPhase::kSucceeded;
      success ? ++succeeded : ++failed;
      if (success && CompletionIndex(*pod)) indexes.Add(*CompletionIndex(*pod));
    }
    // Deleted pods are gone from the list; the others are all in the counters.
    if (IsIndexed(job.spec)) {
      EXPECT_EQ(indexes.CountOf(IndexSet::Parse(job.status.completed_indexes, 1 << 20)), indexes.size());
      EXPECT_EQ(IndexSet::Parse(job.status.completed_indexes, 1 << 20).size(), job.status.succeeded);
    } else {
      EXPECT_GE(job.status.succeeded, succeeded);
    }
    if (!job.spec.pod_failure_policy) {
      EXPECT_GE(job.status.failed, failed);
    }
    EXPECT_LE(job.status.failed + job.status.succeeded,
              static_cast<int32_t>(unmarked_.size()) + (IsIndexed(job.spec) ? job.status.succeeded : 0));
  }

  SeededRandom random_;
  AgentWorld world_;
  api::JobSpec spec_;
  int32_t parallelism_ = 0;
  uint64_t failure_percent_ = 0;
  std::map<std::string, api::PodPhase> phases_;
  std::set<std::string> unmarked_;
  Instant newest_failure_;
};

TEST(JobHistory, InvariantsHoldInRandomHistoriesWithDyingAgents) {
  SetUpLog({.level = LogLevel::kOff});
  constexpr uint64_t kHistories = 1000;
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History(seed).Run();
    if (HasFailure()) return;
  }
}

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
