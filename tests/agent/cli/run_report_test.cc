#include "agent/cli/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/cli/health.h"
#include "agent/cli/terminal.h"

namespace belfry::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Instant kStart = FromUnixSeconds(1'800'000'000);

api::Job MakeJob() {
  api::Job job{.metadata = {.name = "etl", .ns = "batch", .uid = "u1"}};
  job.spec.completions = 2;
  job.spec.parallelism = 2;
  job.spec.backoff_limit = 1;
  job.status.start_time = kStart;
  return job;
}

api::Ptr<api::Pod> MakePod(const std::string& name, api::PodPhase phase, std::optional<int> exit_code) {
  api::Pod pod{.metadata = {.name = name, .ns = "batch"}};
  pod.metadata.owner_references = {api::ControllerReference(MakeJob())};
  pod.status.phase = phase;
  if (exit_code) {
    pod.status.container_statuses = {
        {.name = "main",
         .state = api::ContainerTerminated{.exit_code = *exit_code,
                                           .reason = *exit_code == 0 ? "Completed" : "Error",
                                           .started_at = kStart,
                                           .finished_at = kStart + seconds(2)}}};
  }
  return std::make_shared<const api::Pod>(std::move(pod));
}

store::Change To(const api::Ptr<api::Pod>& pod) { return {api::KeyOf(*pod), std::nullopt, pod, 1}; }
store::Change To(const api::Job& job) {
  return {api::KeyOf(job), std::nullopt, std::make_shared<const api::Job>(job), 1};
}

api::Condition End(std::string_view type, const std::string& reason, const std::string& message) {
  return {.type = std::string(type),
          .status = api::ConditionStatus::kTrue,
          .last_transition_time = kStart + seconds(20),
          .reason = reason,
          .message = message};
}

class RunReportTest : public ::testing::Test {
 protected:
  RunReportTest() { report_.Expect(MakeJob()); }
  RunReport report_{kStart};
};

TEST_F(RunReportTest, TellsOfPodsAsTheyComeAndGo) {
  report_.OnChange(To(MakePod("etl-0-x", api::PodPhase::kRunning, {})), kStart);
  report_.OnChange(To(MakePod("etl-0-x", api::PodPhase::kSucceeded, 0)), kStart);
  report_.OnChange(To(MakePod("etl-1-x", api::PodPhase::kFailed, 3)), kStart);
  EXPECT_THAT(report_.TakeLines(),
              ElementsAre("etl: pod etl-0-x started", "etl: pod etl-0-x succeeded: exit code 0 after 2.0s",
                          "etl: pod etl-1-x failed: exit code 3 after 2.0s"));
  EXPECT_TRUE(report_.TakeLines().empty());
  EXPECT_FALSE(report_.finished());
}

TEST_F(RunReportTest, CountsAttemptsAndSaysWhenTheNextOneIs) {
  api::Job job = MakeJob();
  job.status.failed = 1;
  job.status.backoff = {.failures_since_success = 1, .last_failure = kStart};
  report_.OnChange(To(job), kStart + seconds(1));
  EXPECT_THAT(report_.TakeLines(), ElementsAre("etl: failure 1 of at most 2, next try in 9.0s"));
}

TEST_F(RunReportTest, FailedJobShowsReasonExitCodeAndLastOutput) {
  report_.OnChange(To(MakePod("etl-0-x", api::PodPhase::kFailed, 3)), kStart);
  for (int i = 0; i < 9; ++i) report_.OnOutput("batch", "etl-0-x", "line " + std::to_string(i));
  api::Job job = MakeJob();
  job.status.failed = 2;
  job.status.conditions = {
      End(api::kJobFailed, "BackoffLimitExceeded", "Job has reached the specified backoff limit")};
  report_.OnChange(To(job), kStart + seconds(20));
  EXPECT_TRUE(report_.finished());
  EXPECT_EQ(report_.ExitCode(), 1);
  const std::string summary = report_.SummaryText(kStart + seconds(21));
  EXPECT_THAT(summary,
              HasSubstr("FAIL batch/etl: Failed after 20s, 0 of 2 succeeded, 2 failed: BackoffLimitExceeded: "
                        "Job has reached the specified backoff limit (last exit code 3)"));
  EXPECT_THAT(summary, HasSubstr("etl-0-x | line 8"));
  EXPECT_THAT(summary, ::testing::Not(HasSubstr("line 3")));
}

TEST_F(RunReportTest, OfAStoppedPodTheExitOfItsProgramIsTold) {
  api::Pod pod = *MakePod("etl-0-x", api::PodPhase::kFailed, 143);
  pod.metadata.annotations["belfry.dev/stop-by"] = "2027-01-15T08:00:30Z";
  auto& status = pod.status.container_statuses[0];
  std::get<api::ContainerTerminated>(status.state).signal = 15;
  status.last_state = api::ContainerTerminated{.exit_code = 4};
  report_.OnChange(To(std::make_shared<const api::Pod>(pod)), kStart);
  EXPECT_THAT(report_.TakeLines(), ElementsAre("etl: pod etl-0-x was stopped: signal 15 after 2.0s"));
  api::Job job = MakeJob();
  job.status.conditions = {End(api::kJobFailed, "BackoffLimitExceeded", "too often")};
  report_.OnChange(To(job), kStart + seconds(20));
  EXPECT_THAT(report_.SummaryText(kStart), HasSubstr("(last exit code 4)"));
}

TEST_F(RunReportTest, CompleteJobIsExitCode0) {
  api::Job job = MakeJob();
  job.status.succeeded = 2;
  job.status.conditions = {End(api::kJobComplete, "CompletionsReached", "")};
  report_.OnChange(To(job), kStart + seconds(20));
  EXPECT_EQ(report_.ExitCode(), 0);
  const auto json = nlohmann::json::parse(report_.SummaryJson(kStart + seconds(20)));
  EXPECT_EQ(json["result"], "Complete");
  EXPECT_EQ(json["jobs"][0]["succeeded"], 2);
}

TEST_F(RunReportTest, AbortedRunIsNotComplete) {
  report_.Abort("interrupted");
  EXPECT_EQ(report_.ExitCode(), 1);
  EXPECT_THAT(report_.SummaryText(kStart), HasSubstr("interrupted after 0.0s"));
  EXPECT_EQ(nlohmann::json::parse(report_.SummaryJson(kStart))["jobs"][0]["result"], "Unfinished");
}

TEST_F(RunReportTest, StatusLineSaysHowFarItIs) {
  api::Job job = MakeJob();
  job.status.succeeded = 1;
  job.status.active = 1;
  report_.OnChange(To(job), kStart);
  EXPECT_EQ(report_.StatusLine(kStart + seconds(3)), "etl 1/2 done, 1 running · 3.0s");
}

TEST(Readiness, DegradedPartsLeaveTheAgentReady) {
  const http::Response response =
      RenderReadiness({{"store", Severity::kOk, ""}, {"manifests", Severity::kDegraded, "a.yaml:1:1: no"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[+]store ok\n[-]manifests degraded: a.yaml:1:1: no\nready\n");
  EXPECT_EQ(RenderReadiness({{"store", Severity::kNotReady, "disk full"}}).status, 503);
}

TEST(Printable, KeepsATerminalAsItIs) {
  EXPECT_EQ(Printable("a\x1b[2Jb\tc\r\xc3\xa4"), "a?[2Jb\tc?\xc3\xa4");
}

}  // namespace
}  // namespace belfry::cli
