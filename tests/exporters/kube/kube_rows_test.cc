#include "exporters/kube/kube_rows.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "exporters/exposition/page.h"
#include "tests/exporters/kube/page_of.h"

namespace belfry::kube {
namespace {

using Lines = std::vector<std::string>;

api::Job NamedJob(std::string ns, std::string name) {
  api::Job job;
  job.metadata.ns = std::move(ns);
  job.metadata.name = std::move(name);
  return job;
}

TEST(KubeRows, FollowsCreationUpdateAndDeletion) {
  KubeRows rows(NeverDue);
  api::Job job = NamedJob("batch", "etl");
  const store::Change created[] = {Creation(job)};
  rows.Apply(created);
  EXPECT_EQ(LinesOf(rows, "kube_job_status_active").size(), 1U);
  job.status.active = 3;
  const store::Change updated[] = {Creation(job), Creation(NamedJob("batch", "other"))};
  rows.Apply(updated);
  EXPECT_EQ(LinesOf(rows, "kube_job_status_active"),
            (Lines{R"(kube_job_status_active{namespace="batch",job_name="etl"} 3)",
                   R"(kube_job_status_active{namespace="batch",job_name="other"} 0)"}));
  const store::Change deleted[] = {Deletion(job), Deletion(NamedJob("batch", "unknown"))};
  rows.Apply(deleted);
  EXPECT_EQ(LinesOf(rows, "kube_job_info"), Lines{R"(kube_job_info{namespace="batch",job_name="other"} 1)"});
}

TEST(KubeRows, AJobAndACronJobOfOneNameAreTwoRows) {
  KubeRows rows(NeverDue);
  api::CronJob cronjob;
  cronjob.metadata.name = "etl";
  cronjob.metadata.ns = "batch";
  const store::Change changes[] = {Creation(NamedJob("batch", "etl")), Creation(cronjob)};
  rows.Apply(changes);
  EXPECT_EQ(LinesOf(rows, "kube_job_info").size(), 1U);
  EXPECT_EQ(LinesOf(rows, "kube_cronjob_info").size(), 1U);
}

TEST(KubeRows, ShowsTheNamespacesInUse) {
  KubeRows rows(NeverDue);
  const store::Change changes[] = {Creation(NamedJob("a", "1")), Creation(NamedJob("a", "2")),
                                   Creation(NamedJob("b", "1"))};
  rows.Apply(changes);
  const auto line = [](std::string ns, std::string rest) {
    return "kube_namespace_status_phase{namespace=\"" + ns + "\",phase=" + rest;
  };
  const Lines a{line("a", "\"Active\"} 1"), line("a", "\"Terminating\"} 0")};
  const Lines b{line("b", "\"Active\"} 1"), line("b", "\"Terminating\"} 0")};
  EXPECT_EQ(LinesOf(rows, "kube_namespace_status_phase"), (Lines{a[0], a[1], b[0], b[1]}));
  const store::Change gone[] = {Deletion(NamedJob("a", "1")), Deletion(NamedJob("b", "1")),
                                Deletion(NamedJob("b", "1"))};
  rows.Apply(gone);
  EXPECT_EQ(LinesOf(rows, "kube_namespace_status_phase"), a);
}

TEST(KubeRows, ShowsTheHost) {
  KubeRows rows(
      NeverDue,
      {.node = {
           .name = "host", .kernel_version = "6.1", .os_image = "Debian 12", .kubelet_version = "0.1.0"}});
  EXPECT_EQ(
      LinesOf(rows, "kube_node_info"),
      Lines{
          R"(kube_node_info{node="host",kernel_version="6.1",os_image="Debian 12",container_runtime_version="",kubelet_version="0.1.0",provider_id="",pod_cidr="",system_uuid="",internal_ip=""} 1)"});
}

TEST(KubeRows, IgnoresKindsWithoutFamilies) {
  KubeRows rows(NeverDue);
  api::Event event;
  event.metadata.name = "e";
  const store::Change changes[] = {Creation(event)};
  rows.Apply(changes);
  EXPECT_EQ(rows.rows(), 0U);
}

// Everything an object may hold that could break a page: quotes, line ends, bytes that are no text, a
// megabyte, doubled conditions.
std::vector<store::Change> AwkwardObjects() {
  api::CronJob cronjob;
  cronjob.metadata.name = "a\"b\\c\nd\xFF";
  cronjob.metadata.ns = "";
  cronjob.spec.schedule = std::string(1'000'000, '"');
  cronjob.spec.concurrency_policy = std::string("nul\0byte", 8);
  api::Job job = NamedJob("batch", "twice");
  job.status.failed = 1;
  job.status.conditions = {{.type = "Failed", .reason = "x"},
                           {.type = "Failed", .reason = "y"},
                           {.type = "Complete"},
                           {.type = "Complete"}};
  job.metadata.owner_references = {{.kind = "A", .name = "a"}, {.kind = "A", .name = "a"}};
  api::Pod pod;
  pod.metadata.name = "p";
  pod.metadata.ns = "batch";
  pod.status.container_statuses = {{.name = "same"}, {.name = "same"}};
  pod.status.container_statuses[0].state = api::ContainerWaiting{.reason = "a\r\tb"};
  pod.spec.containers = {{.name = "c", .image = "i"}};
  pod.spec.containers[0].resources.limits = {{"cpu", "1"}, {"memory", ""}, {"x/y", "1"}, {"x.y", "1"}};
  return {Creation(cronjob), Creation(job), Creation(pod)};
}

int RunCommand(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string WritePageFile(KubeRows& rows, model::TextFormat format) {
  const std::string path =
      testing::TempDir() + "kube_page_" + std::to_string(static_cast<int>(format)) + ".txt";
  std::ofstream(path, std::ios::binary) << exposition::WritePage({rows.Take()}, format);
  return path;
}

TEST(KubeRows, AwkwardObjectsDoNotBreakThePageForTheStrictParser) {
  ZonedSchedules schedules;
  KubeRows rows(schedules.Reader());
  rows.Apply(AwkwardObjects());
  const std::string script =
      std::string("/usr/bin/python3 ") + BELFRY_SOURCE_DIR + "/tests/exporters/strict_parse.py ";
  const int open = RunCommand(script + "openmetrics " + WritePageFile(rows, model::TextFormat::kOpenMetrics));
  if (open == 77 || open == 127) GTEST_SKIP() << "python3-prometheus-client is not installed";
  EXPECT_EQ(open, 0);
  EXPECT_EQ(RunCommand(script + "text " + WritePageFile(rows, model::TextFormat::kPrometheus)), 0);
}

TEST(KubeRows, AwkwardObjectsDoNotBreakThePageForPrometheus) {
  KubeRows rows(NeverDue);
  rows.Apply(AwkwardObjects());
  const int checked =
      RunCommand("promtool check metrics < " + WritePageFile(rows, model::TextFormat::kPrometheus) + " > " +
                 testing::TempDir() + "promtool.txt 2>&1");
  if (checked == 127) GTEST_SKIP() << "promtool is not installed";
  EXPECT_NE(checked, 1);  // 1: the page cannot be read; 3: opinions about names, which are not ours
}

}  // namespace
}  // namespace belfry::kube
