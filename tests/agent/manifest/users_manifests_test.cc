// The manifests that users bring, unchanged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "agent/base/file_system.h"
#include "agent/manifest/codec.h"
#include "agent/manifest/defaults.h"
#include "agent/manifest/loader.h"

namespace belfry::manifest {
namespace {

std::string PathOf(const std::string& name) {
  return std::string(BELFRY_SOURCE_DIR) + "/tests/manifests/" + name;
}

Parsed LoadManifest(const std::string& name) { return LoadFile(PosixFileSystem(), PathOf(name)); }

template <class T>
api::Ptr<T> LoadOne(const std::string& name) {
  const Parsed parsed = LoadManifest(name);
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front().ToString();
  EXPECT_EQ(parsed.objects.size(), 1u) << name;
  return parsed.objects.empty() ? nullptr : api::As<T>(parsed.objects[0].object);
}

bool IsOurs(const std::string& name) {
  for (const char* kind :
       {"job.", "cronjob.", "configmap.", "secret.", "persistentvolumeclaim.", "prometheusrule."}) {
    if (name.starts_with(kind)) return true;
  }
  return false;
}

TEST(UsersManifests, OursParseAndTheOthersGiveOneClearProblem) {
  size_t ours = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PathOf(""))) {
    const std::string name = entry.path().filename();
    const Parsed parsed = LoadManifest(name);
    if (IsOurs(name)) {
      ++ours;
      EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front().ToString();
      ASSERT_EQ(parsed.objects.size(), 1u) << name;
      // What was read can be stored and read again.
      const auto back = FromJson(ToJson(parsed.objects[0].object));
      ASSERT_TRUE(back.ok()) << name;
      EXPECT_EQ(ToJson(*back), ToJson(parsed.objects[0].object));
    } else {
      EXPECT_TRUE(parsed.objects.empty()) << name;
      EXPECT_EQ(parsed.errors.size() + parsed.warnings.size(), 1u) << name;
    }
  }
  EXPECT_GE(ours, 20u);
}

TEST(UsersManifests, QueueWorkerHasNoCompletions) {
  const auto job = LoadOne<api::Job>("job.queue-worker.yaml");
  EXPECT_FALSE(job->spec.completions.has_value());
  EXPECT_EQ(job->spec.parallelism, 5);
}

TEST(UsersManifests, DataProcessingKeepsItsArguments) {
  const auto job = LoadOne<api::Job>("job.data-processing.yaml");
  const api::Container& container = job->spec.pod_template.spec.containers.at(0);
  EXPECT_THAT(container.args, testing::ElementsAre("--input=/data/input", "--output=/data/output"));
  EXPECT_EQ(container.env.at(0).value, "1000");
  EXPECT_EQ(job->spec.pod_template.spec.volumes.at(0).claim,
            (api::ClaimVolumeSource{.claim_name = "batch-data-pvc"}));
  EXPECT_EQ(job->spec.ttl_seconds_after_finished, 86400);
}

TEST(UsersManifests, LoggedJobHasTheDefaultsOfAnEmptySpec) {
  const auto job = LoadOne<api::Job>("job.logged-job.yaml");
  EXPECT_EQ(job->spec.completions, 1);
  EXPECT_EQ(job->spec.parallelism, 1);
  EXPECT_EQ(job->spec.backoff_limit, 6);
  // When it is created it takes its template's labels.
  api::Job created = *job;
  created.metadata.uid = "u-1";
  CompleteJob(created);
  EXPECT_THAT(created.metadata.labels,
              testing::IsSupersetOf({testing::Pair("app", "batch-job"), testing::Pair("job-type", "etl")}));
}

TEST(UsersManifests, ResilientJobsPatternWithoutStatusMeansTrue) {
  const auto job = LoadOne<api::Job>("job.resilient-job.yaml");
  ASSERT_TRUE(job->spec.pod_failure_policy.has_value());
  const auto& rules = job->spec.pod_failure_policy->rules;
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rules[1].on_pod_conditions.at(0).type, "ConfigIssue");
  EXPECT_EQ(rules[1].on_pod_conditions.at(0).status, "True");
  EXPECT_EQ(rules[0].on_exit_codes->values, std::vector<int32_t>{137});
  EXPECT_EQ(job->spec.pod_replacement_policy, "Failed");
}

TEST(UsersManifests, DailyReportKeepsTheShellText) {
  const auto cronjob = LoadOne<api::CronJob>("cronjob.daily-report.yaml");
  EXPECT_EQ(cronjob->spec.time_zone, "Asia/Shanghai");
  EXPECT_EQ(cronjob->spec.starting_deadline_seconds, 300);
  EXPECT_THAT(cronjob->spec.job_template.spec.pod_template.spec.containers.at(0).command.at(2),
              testing::HasSubstr("--date=$(date -d \"yesterday\" +%Y-%m-%d) \\\n"));
}

TEST(UsersManifests, ExampleCronjobKeepsItsChinese) {
  const auto cronjob = LoadOne<api::CronJob>("cronjob.example-cronjob.yaml");
  EXPECT_THAT(cronjob->spec.job_template.spec.pod_template.spec.containers.at(0).args.at(0),
              testing::HasSubstr("echo \"任务开始执行\"\n"));
}

TEST(UsersManifests, WhatIsNotActedOnIsSaid) {
  const auto has = [](const std::string& name, const std::string& field) {
    const Parsed parsed = LoadManifest(name);
    return testing::Value(parsed.objects.at(0).not_acted_on, testing::Contains(field));
  };
  const std::string pod = "spec.jobTemplate.spec.template.spec";
  EXPECT_TRUE(has("cronjob.mesh-enabled-job.yaml", "metadata.annotations[sidecar.istio.io/inject]"));
  EXPECT_TRUE(has("cronjob.mesh-enabled-job.yaml",
                  "spec.jobTemplate.spec.template.metadata.annotations[proxy.istio.io/config]"));
  EXPECT_TRUE(has("cronjob.resource-optimized-job.yaml", pod + ".containers[0].startupProbe"));
  EXPECT_TRUE(has("cronjob.resource-optimized-job.yaml", pod + ".nodeSelector"));
  EXPECT_TRUE(has("cronjob.resource-optimized-job.yaml", pod + ".priorityClassName"));
  EXPECT_TRUE(has("cronjob.secure-job.yaml", pod + ".securityContext"));
  EXPECT_TRUE(has("cronjob.secure-job.yaml", pod + ".containers[0].securityContext"));
  EXPECT_TRUE(has("cronjob.secure-job.yaml", pod + ".containers[0].volumeMounts"));
  EXPECT_TRUE(has("job.data-processing.yaml", "spec.template.spec.containers[0].resources.limits"));
  EXPECT_FALSE(has("job.data-processing.yaml", "spec.template.spec.containers[0].volumeMounts"));
  EXPECT_FALSE(has("job.data-processing.yaml", "spec.template.spec.volumes[0]"));
  EXPECT_TRUE(has("persistentvolumeclaim.batch-data-pvc.yaml", "spec.resources.requests"));
}

TEST(UsersManifests, BatchAlertsHaveFourRules) {
  const auto rule = LoadOne<api::PrometheusRule>("prometheusrule.batch-job-alerts.yaml");
  ASSERT_EQ(rule->groups.size(), 1u);
  ASSERT_EQ(rule->groups[0].rules.size(), 4u);
  EXPECT_EQ(rule->groups[0].rules[1].expr,
            "time() - kube_job_status_start_time{namespace=\"batch\"}\n> on(job_name) group_left()\n"
            "kube_job_spec_active_deadline_seconds{namespace=\"batch\"} * 0.8\n");
  EXPECT_EQ(rule->groups[0].rules[3].for_duration, "30m");
}

}  // namespace
}  // namespace belfry::manifest
