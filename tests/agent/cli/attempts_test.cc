#include "agent/cli/attempts.h"

#include <gtest/gtest.h>

#include "agent/base/fake_file_system.h"
#include "agent/cli/job_observer.h"
#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::cli {
namespace {

const Instant kNow = FromUnixSeconds(1'800'000'000);

api::Job MakeJob(int32_t limit, int32_t failed) {
  api::Job job{.metadata = {.name = "etl", .ns = "default", .uid = "u"}};
  job.spec.completions = job.spec.parallelism = 1;
  job.spec.backoff_limit = limit;
  job.spec.pod_template.spec.restart_policy = "Never";
  job.status.failed = failed;
  if (failed > 0) job.status.backoff = {.failures_since_success = failed, .last_failure = kNow};
  return job;
}

TEST(FailureText, SaysWhichAttemptItWasAndWhenTheNextOneIs) {
  EXPECT_EQ(FailureText(MakeJob(3, 0), MakeJob(3, 1), kNow + seconds(1)),
            "attempt 1 of 4 failed, next try in 9.0s");
  EXPECT_EQ(FailureText(MakeJob(3, 1), MakeJob(3, 2), kNow), "attempt 2 of 4 failed, next try in 20s");
  EXPECT_EQ(FailureText(MakeJob(3, 1), MakeJob(3, 1), kNow), "");
  EXPECT_EQ(AttemptText(MakeJob(3, 0)), "");
  EXPECT_EQ(AttemptText(MakeJob(3, 2)), " (attempt 3 of 4)");
  api::Job many = MakeJob(3, 1);
  many.spec.completions = 9;
  EXPECT_EQ(FailureText(MakeJob(3, 0), many, kNow), "failure 1 of at most 4, next try in 10s");
  EXPECT_EQ(FailureText(MakeJob(0, 0), MakeJob(2147483647, 1), kNow), "failure 1, next try in 10s");
}

TEST(FailureText, NothingIsPromisedOnceTheJobHasGivenUp) {
  api::Job job = MakeJob(0, 1);
  job.status.conditions = {{.type = "FailureTarget", .status = api::ConditionStatus::kTrue}};
  EXPECT_EQ(FailureText(MakeJob(0, 0), job, kNow), "");
}

TEST(FailureText, IgnoredFailuresAreSaidToBe) {
  api::Job job = MakeJob(3, 1);
  job.status.failed = 0;
  EXPECT_EQ(FailureText(MakeJob(3, 0), job, kNow),
            "the failure is ignored (podFailurePolicy), next try in 10s");
}

TEST(IndexFailureText, CountsIndexByIndex) {
  api::Job job = MakeJob(2147483647, 0);
  job.spec.completion_mode = "Indexed";
  job.spec.completions = 5;
  job.spec.backoff_limit_per_index = 2;
  api::Pod pod{.metadata = {.name = "p"}};
  pod.metadata.annotations = {{std::string(controllers::kCompletionIndexAnnotation), "3"},
                              {std::string(controllers::kIndexFailureCountAnnotation), "1"}};
  pod.status.phase = api::PodPhase::kFailed;
  pod.status.container_statuses = {
      {.name = "c", .state = api::ContainerTerminated{.exit_code = 1, .finished_at = kNow}}};
  EXPECT_EQ(IndexFailureText(job, pod, kNow), "index 3: attempt 2 of 3 failed, next try in 20s");
  pod.metadata.annotations[std::string(controllers::kIndexFailureCountAnnotation)] = "2";
  EXPECT_EQ(IndexFailureText(job, pod, kNow), "index 3: attempt 3 of 3 failed, the index failed for good");
  EXPECT_EQ(IndexFailureText(MakeJob(1, 0), pod, kNow), "");
}

api::Pod WithContainer(api::ContainerState state, int32_t restarts, std::optional<int32_t> last_code) {
  api::Pod pod;
  api::ContainerStatus status{.name = "main", .state = std::move(state), .restart_count = restarts};
  if (last_code) status.last_state = api::ContainerTerminated{.exit_code = *last_code};
  pod.status.container_statuses = {std::move(status)};
  return pod;
}

TEST(RestartText, RestartsInPlaceAreNumberedAndTimed) {
  const api::Job job = MakeJob(6, 0);
  const api::Pod running = WithContainer(api::ContainerRunning{kNow}, 0, {});
  const api::Pod again = WithContainer(api::ContainerWaiting{"ContainerCreating", {}}, 1, 3);
  const api::Pod waits = WithContainer(
      api::ContainerWaiting{"CrashLoopBackOff", "back-off 10s restarting failed container=main pod=p_d(u)"},
      1, 4);
  const api::Pod after = WithContainer(api::ContainerWaiting{"ContainerCreating", {}}, 2, 4);
  EXPECT_EQ(RestartText(job, &running, again),
            "container main ended with exit code 3, restart 1 of at most 6 at once");
  EXPECT_EQ(RestartText(job, &again, waits),
            "container main ended with exit code 4, restart 2 of at most 6 in 10s");
  EXPECT_EQ(RestartText(job, &waits, after), "") << "was told when the wait began";
  EXPECT_EQ(RestartText(job, nullptr, running), "");
}

TEST(Standstill, IsSaidOfJobsThatWillNotGoOnByThemselves) {
  api::JobSpec spec = MakeJob(1, 0).spec;
  EXPECT_EQ(Standstill(spec), "");
  spec.parallelism = 0;
  EXPECT_EQ(Standstill(spec), "parallelism is 0: nothing will run until it is raised");
  spec.suspend = true;
  EXPECT_EQ(Standstill(spec), "suspended (spec.suspend is true): nothing will run until it is resumed");
  spec.managed_by = "acme.io/queue";
  EXPECT_EQ(Standstill(spec),
            "managedBy is acme.io/queue: Belfry leaves this Job to it, so nothing will run");
}

TEST(NextTry, OnlyWhileNothingRuns) {
  api::Job job = MakeJob(3, 1);
  EXPECT_EQ(NextTry(job, kNow), kNow + seconds(10));
  EXPECT_FALSE(NextTry(job, kNow + seconds(10)));
  job.status.active = 1;
  EXPECT_FALSE(NextTry(job, kNow));
}

std::map<std::string, double> Series(self::SelfMetrics& metrics) {
  std::map<std::string, double> all;
  const auto snapshot = metrics.Take();
  for (size_t i = 0; i < snapshot->families().size(); ++i) {
    snapshot->Visit(i, [&](std::string_view name, model::LabelsView labels, double value) {
      all.emplace(model::Labels::Of(name, labels).ToString(), value);
    });
  }
  return all;
}

TEST(JobObserver, LooksBecomeUpstreamsMetrics) {
  FakeFileSystem files;
  self::SelfMetrics metrics(files, {});
  self::JobMetrics counters(metrics);
  const controllers::JobObserver observer = ObserveJobs(counters);
  controllers::JobLook look{.completion_mode = "Indexed",
                            .success = true,
                            .action = "pods_created",
                            .took = milliseconds(5),
                            .pods_succeeded = 3,
                            .pods_failed = 1,
                            .indexes_succeeded = 3,
                            .per_index = true,
                            .create_reason = controllers::PodCreateReason::kRecreateFailed,
                            .pods_created = 2,
                            .finished = false,
                            .reason = "FailedIndexes"};
  look.policy_matches[static_cast<size_t>(controllers::FailureAction::kIgnore)] = 2;
  observer.looked(look);
  observer.tracked(true);
  observer.tracked(false);
  observer.foreign("acme.io/queue");
  counters.TtlDeleted(0.3);
  auto series = Series(metrics);
  const std::map<std::string, double> wanted = {
      {R"(job_controller_job_syncs_total{action="pods_created", completion_mode="Indexed", result="success"})",
       1},
      {R"(job_controller_job_sync_duration_seconds_count{action="pods_created", completion_mode="Indexed", result="success"})",
       1},
      {R"(job_controller_jobs_finished_total{completion_mode="Indexed", reason="FailedIndexes", result="failed"})",
       1},
      {R"(job_controller_job_pods_finished_total{completion_mode="Indexed", result="succeeded"})", 3},
      {R"(job_controller_job_pods_finished_total{completion_mode="Indexed", result="failed"})", 1},
      {R"(job_controller_job_pods_finished_total{completion_mode="NonIndexed", result="failed"})", 0},
      {R"(job_controller_job_finished_indexes_total{backoffLimit="perIndex", status="succeeded"})", 3},
      {R"(job_controller_job_pods_creation_total{reason="recreate_failed", status="succeeded"})", 2},
      {R"(job_controller_pod_failures_handled_by_failure_policy_total{action="Ignore"})", 2},
      {R"(job_controller_terminated_pods_tracking_finalizer_total{event="add"})", 1},
      {R"(job_controller_terminated_pods_tracking_finalizer_total{event="delete"})", 1},
      {R"(job_controller_jobs_by_external_controller_total{controller_name="acme.io/queue"})", 1},
      {R"(ttl_after_finished_controller_job_deletion_duration_seconds_count)", 1},
  };
  for (const auto& [name, value] : wanted) {
    ASSERT_TRUE(series.contains(name)) << name;
    EXPECT_EQ(series[name], value) << name;
  }
}

}  // namespace
}  // namespace belfry::cli
