#include "agent/manifest/defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/manifest/codec.h"

namespace belfry::manifest {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Source: kubernetes pkg/apis/batch/v1/defaults.go.
TEST(JobDefaults, ParallelismAloneIsAWorkQueue) {
  api::Job neither;
  ApplyDefaults(neither);
  EXPECT_EQ(neither.spec.completions, 1);
  EXPECT_EQ(neither.spec.parallelism, 1);

  api::Job queue;
  queue.spec.parallelism = 5;
  ApplyDefaults(queue);
  EXPECT_FALSE(queue.spec.completions.has_value());

  api::Job fixed;
  fixed.spec.completions = 4;
  ApplyDefaults(fixed);
  EXPECT_EQ(fixed.spec.parallelism, 1);
  EXPECT_EQ(fixed.spec.completions, 4);
}

TEST(JobDefaults, FillTheRest) {
  api::Job job;
  ApplyDefaults(job);
  EXPECT_EQ(job.spec.backoff_limit, 6);
  EXPECT_EQ(job.spec.completion_mode, "NonIndexed");
  EXPECT_EQ(job.spec.suspend, false);
  EXPECT_EQ(job.spec.pod_replacement_policy, "TerminatingOrFailed");
  EXPECT_EQ(job.spec.pod_template.spec.restart_policy, "Always");
  EXPECT_EQ(job.spec.pod_template.spec.termination_grace_period_seconds, 30);
  EXPECT_FALSE(job.spec.active_deadline_seconds.has_value());
  EXPECT_FALSE(job.spec.ttl_seconds_after_finished.has_value());
}

// What `get -o json` shows of an object whose author has said nothing.
TEST(JobDefaults, Trap22_DefaultingIsVisible) {
  auto job = std::make_shared<api::Job>();
  job->metadata.name = "etl";
  job->metadata.uid = "u-1";
  job->spec.pod_template.metadata.labels = {{"app", "x"}};
  ApplyDefaults(*job);
  CompleteJob(*job);
  const auto shown = nlohmann::json::parse(ToJson(api::Object(api::Ptr<api::Job>(job))));
  EXPECT_EQ(shown["spec"]["backoffLimit"], 6);
  EXPECT_EQ(shown["spec"]["completionMode"], "NonIndexed");
  EXPECT_EQ(shown["spec"]["suspend"], false);
  EXPECT_EQ(shown["spec"]["podReplacementPolicy"], "TerminatingOrFailed");
  EXPECT_EQ(shown["metadata"]["labels"]["app"], "x");

  auto cronjob = std::make_shared<api::CronJob>();
  ApplyDefaults(*cronjob);
  const auto scheduled = nlohmann::json::parse(ToJson(api::Object(api::Ptr<api::CronJob>(cronjob))));
  EXPECT_EQ(scheduled["spec"]["successfulJobsHistoryLimit"], 3);
  EXPECT_EQ(scheduled["spec"]["failedJobsHistoryLimit"], 1);
  EXPECT_EQ(scheduled["spec"]["concurrencyPolicy"], "Allow");
}

TEST(JobDefaults, DependOnPolicies) {
  api::Job job;
  job.spec.backoff_limit_per_index = 1;
  job.spec.pod_failure_policy = api::PodFailurePolicy{
      {{.action = "Ignore", .on_exit_codes = {}, .on_pod_conditions = {{.type = "X", .status = ""}}}}};
  ApplyDefaults(job);
  EXPECT_EQ(job.spec.backoff_limit, 2147483647);
  EXPECT_EQ(job.spec.pod_replacement_policy, "Failed");
  EXPECT_EQ(job.spec.pod_failure_policy->rules[0].on_pod_conditions[0].status, "True");
}

TEST(JobDefaults, AreIdempotent) {
  api::Job job;
  job.spec.pod_template.spec.containers.push_back(
      {.name = "c", .resources = {.limits = {{"cpu", "1"}}, .requests = {}}});
  ApplyDefaults(job);
  const api::Job once = job;
  ApplyDefaults(job);
  EXPECT_EQ(job, once);
  EXPECT_THAT(job.spec.pod_template.spec.containers[0].resources.requests, ElementsAre(Pair("cpu", "1")));
}

TEST(CronJobDefaults, LeaveTheJobsOwnToItsCreation) {
  api::CronJob cronjob;
  ApplyDefaults(cronjob);
  EXPECT_EQ(cronjob.spec.concurrency_policy, "Allow");
  EXPECT_EQ(cronjob.spec.suspend, false);
  EXPECT_EQ(cronjob.spec.successful_jobs_history_limit, 3);
  EXPECT_EQ(cronjob.spec.failed_jobs_history_limit, 1);
  EXPECT_FALSE(cronjob.spec.job_template.spec.completions.has_value());
  EXPECT_FALSE(cronjob.spec.job_template.spec.backoff_limit.has_value());
  EXPECT_EQ(cronjob.spec.job_template.spec.pod_template.spec.restart_policy, "Always");
}

api::Job Named() {
  api::Job job;
  job.metadata.name = "etl";
  job.metadata.uid = "u-1";
  ApplyDefaults(job);
  return job;
}

TEST(CompleteJob, AddsSelectorAndLabels) {
  api::Job job = Named();
  CompleteJob(job);
  const auto all = ElementsAre(Pair("batch.kubernetes.io/controller-uid", "u-1"),
                               Pair("batch.kubernetes.io/job-name", "etl"), Pair("controller-uid", "u-1"),
                               Pair("job-name", "etl"));
  EXPECT_THAT(job.spec.pod_template.metadata.labels, all);
  EXPECT_THAT(job.metadata.labels, all);
  EXPECT_THAT(job.spec.selector->match_labels,
              ElementsAre(Pair("batch.kubernetes.io/controller-uid", "u-1")));
  const api::Job once = job;
  CompleteJob(job);
  EXPECT_EQ(job, once);
}

TEST(CompleteJob, EmptyLabelsAreTheTemplatesWithWhatIsGenerated) {
  api::Job job = Named();
  job.spec.pod_template.metadata.labels = {{"app", "x"}};
  CompleteJob(job);
  EXPECT_THAT(job.metadata.labels, ::testing::Contains(Pair("app", "x")));
  EXPECT_EQ(job.metadata.labels, job.spec.pod_template.metadata.labels);
}

TEST(CompleteJob, LeavesOwnLabelsAndManualSelectorsAlone) {
  api::Job labelled = Named();
  labelled.metadata.labels = {{"own", "y"}};
  CompleteJob(labelled);
  EXPECT_THAT(labelled.metadata.labels, ElementsAre(Pair("own", "y")));
  EXPECT_EQ(labelled.spec.pod_template.metadata.labels.size(), 4u);

  api::Job alike = Named();
  alike.metadata.labels = alike.spec.pod_template.metadata.labels = {{"app", "x"}};
  CompleteJob(alike);
  EXPECT_THAT(alike.metadata.labels, ElementsAre(Pair("app", "x")));

  api::Job manual = Named();
  manual.spec.manual_selector = true;
  manual.spec.selector = api::LabelSelector{.match_labels = {{"a", "b"}}, .match_expressions = {}};
  const api::Job before = manual;
  CompleteJob(manual);
  EXPECT_EQ(manual, before);
}

}  // namespace
}  // namespace belfry::manifest
