#include <gtest/gtest.h>

#include "tests/exporters/kube/page_of.h"

namespace belfry::kube {
namespace {

using api::ConditionStatus;
using api::Job;
using Lines = std::vector<std::string>;

Job PlainJob() {
  Job job;
  job.metadata = {.name = "etl", .ns = "batch", .uid = "u1"};
  return job;
}

struct JobCase {
  const char* name;
  const char* family;
  void (*change)(Job&);
  Lines expected;
};

void Nothing(Job&) {}

template <int32_t kFailed>
void FailedPods(Job& job) {
  job.status.failed = kFailed;
}

void FailedFor(Job& job, const char* reason, int32_t pods) {
  job.status.failed = pods;
  job.status.conditions = {{.type = "Failed", .status = ConditionStatus::kTrue, .reason = reason}};
}

const char kBase[] = R"({namespace="batch",job_name="etl")";
std::string Line(std::string family, std::string rest) { return family + kBase + rest; }

// One line per row of the table of kube-state-metrics' job families, and per shape of kube_job_status_failed.
const JobCase kJobCases[] = {
    {"annotations are off",
     "kube_job_annotations",
     [](Job& job) { job.metadata.annotations["a"] = "b"; },
     {}},
    {"labels are off", "kube_job_labels", [](Job& job) { job.metadata.labels["a"] = "b"; }, {}},
    {"info", "kube_job_info", Nothing, {Line("kube_job_info", "} 1")}},
    {"created",
     "kube_job_created",
     [](Job& job) { job.metadata.creation_timestamp = FromUnixSeconds(1500000000); },
     {Line("kube_job_created", "} 1500000000")}},
    {"created unknown", "kube_job_created", Nothing, {}},
    {"parallelism",
     "kube_job_spec_parallelism",
     [](Job& job) { job.spec.parallelism = 4; },
     {Line("kube_job_spec_parallelism", "} 4")}},
    {"no parallelism", "kube_job_spec_parallelism", Nothing, {}},
    {"completions",
     "kube_job_spec_completions",
     [](Job& job) { job.spec.completions = 7; },
     {Line("kube_job_spec_completions", "} 7")}},
    {"work queue", "kube_job_spec_completions", [](Job& job) { job.spec.parallelism = 4; }, {}},
    {"deadline",
     "kube_job_spec_active_deadline_seconds",
     [](Job& job) { job.spec.active_deadline_seconds = 900; },
     {Line("kube_job_spec_active_deadline_seconds", "} 900")}},
    {"no deadline", "kube_job_spec_active_deadline_seconds", Nothing, {}},
    {"succeeded",
     "kube_job_status_succeeded",
     [](Job& job) { job.status.succeeded = 3; },
     {Line("kube_job_status_succeeded", "} 3")}},
    {"none succeeded", "kube_job_status_succeeded", Nothing, {Line("kube_job_status_succeeded", "} 0")}},
    {"active",
     "kube_job_status_active",
     [](Job& job) { job.status.active = 2; },
     {Line("kube_job_status_active", "} 2")}},
    {"none active", "kube_job_status_active", Nothing, {Line("kube_job_status_active", "} 0")}},
    {"ready",
     "kube_job_status_ready",
     [](Job& job) { job.status.ready = 1; },
     {Line("kube_job_status_ready", "} 1")}},
    {"ready unset", "kube_job_status_ready", Nothing, {Line("kube_job_status_ready", "} 0")}},
    {"complete",
     "kube_job_complete",
     [](Job& job) { job.status.conditions = {{.type = "Complete", .status = ConditionStatus::kTrue}}; },
     {Line("kube_job_complete", R"(,condition="true"} 1)"),
      Line("kube_job_complete", R"(,condition="false"} 0)"),
      Line("kube_job_complete", R"(,condition="unknown"} 0)")}},
    {"not complete",
     "kube_job_complete",
     [](Job& job) {
       job.status.conditions = {{.type = "SuccessCriteriaMet", .status = ConditionStatus::kTrue}};
     },
     {}},
    {"failed",
     "kube_job_failed",
     [](Job& job) { job.status.conditions = {{.type = "Failed", .status = ConditionStatus::kFalse}}; },
     {Line("kube_job_failed", R"(,condition="true"} 0)"), Line("kube_job_failed", R"(,condition="false"} 1)"),
      Line("kube_job_failed", R"(,condition="unknown"} 0)")}},
    {"failure unknown",
     "kube_job_failed",
     [](Job& job) { job.status.conditions = {{.type = "Failed", .status = ConditionStatus::kUnknown}}; },
     {Line("kube_job_failed", R"(,condition="true"} 0)"), Line("kube_job_failed", R"(,condition="false"} 0)"),
      Line("kube_job_failed", R"(,condition="unknown"} 1)")}},
    {"failure target is no failure",
     "kube_job_failed",
     [](Job& job) { job.status.conditions = {{.type = "FailureTarget", .status = ConditionStatus::kTrue}}; },
     {}},
    {"start time",
     "kube_job_status_start_time",
     [](Job& job) { job.status.start_time = FromUnixSeconds(1500000001) + milliseconds(999); },
     {Line("kube_job_status_start_time", "} 1500000001")}},
    {"no start time", "kube_job_status_start_time", Nothing, {}},
    {"completion time",
     "kube_job_status_completion_time",
     [](Job& job) { job.status.completion_time = FromUnixSeconds(1500000002); },
     {Line("kube_job_status_completion_time", "} 1500000002")}},
    {"no completion time",
     "kube_job_status_completion_time",
     [](Job& job) { FailedFor(job, "DeadlineExceeded", 1); },
     {}},
    {"suspended",
     "kube_job_status_suspended",
     [](Job& job) { job.status.conditions = {{.type = "Suspended", .status = ConditionStatus::kTrue}}; },
     {Line("kube_job_status_suspended", "} 1")}},
    {"resumed",
     "kube_job_status_suspended",
     [](Job& job) { job.status.conditions = {{.type = "Suspended", .status = ConditionStatus::kFalse}}; },
     {Line("kube_job_status_suspended", "} 0")}},
    {"never suspended", "kube_job_status_suspended", Nothing, {}},
    {"no owner",
     "kube_job_owner",
     Nothing,
     {Line("kube_job_owner", R"(,owner_kind="",owner_name="",owner_is_controller=""} 1)")}},
    {"owner",
     "kube_job_owner",
     [](Job& job) {
       job.metadata.owner_references = {{.kind = "CronJob", .name = "nightly", .controller = true}};
     },
     {Line("kube_job_owner", R"(,owner_kind="CronJob",owner_name="nightly",owner_is_controller="true"} 1)")}},
    {"two owners",
     "kube_job_owner",
     [](Job& job) {
       job.metadata.owner_references = {{.kind = "A", .name = "a"},
                                        {.kind = "B", .name = "b", .controller = false}};
     },
     {Line("kube_job_owner", R"(,owner_kind="A",owner_name="a",owner_is_controller="false"} 1)"),
      Line("kube_job_owner", R"(,owner_kind="B",owner_name="b",owner_is_controller="false"} 1)")}},

    {"no pod failed", "kube_job_status_failed", FailedPods<0>, {Line("kube_job_status_failed", "} 0")}},
    {"deadline passed before any pod",
     "kube_job_status_failed",
     [](Job& job) { FailedFor(job, "DeadlineExceeded", 0); },
     {Line("kube_job_status_failed", "} 0")}},
    {"still retrying",
     "kube_job_status_failed",
     FailedPods<2>,
     {Line("kube_job_status_failed", R"(,reason=""} 2)")}},
    {"succeeded after a failure",
     "kube_job_status_failed",
     [](Job& job) {
       job.status.failed = 1;
       job.status.conditions = {{.type = "Complete", .status = ConditionStatus::kTrue}};
     },
     {Line("kube_job_status_failed", R"(,reason=""} 1)")}},
    {"backoff limit",
     "kube_job_status_failed",
     [](Job& job) { FailedFor(job, "BackoffLimitExceeded", 7); },
     {Line("kube_job_status_failed", R"(,reason="BackoffLimitExceeded"} 1)"),
      Line("kube_job_status_failed", R"(,reason="DeadlineExceeded"} 0)"),
      Line("kube_job_status_failed", R"(,reason="Evicted"} 0)")}},
    {"deadline",
     "kube_job_status_failed",
     [](Job& job) { FailedFor(job, "DeadlineExceeded", 1); },
     {Line("kube_job_status_failed", R"(,reason="BackoffLimitExceeded"} 0)"),
      Line("kube_job_status_failed", R"(,reason="DeadlineExceeded"} 1)"),
      Line("kube_job_status_failed", R"(,reason="Evicted"} 0)")}},
    {"evicted",
     "kube_job_status_failed",
     [](Job& job) { FailedFor(job, "Evicted", 1); },
     {Line("kube_job_status_failed", R"(,reason="BackoffLimitExceeded"} 0)"),
      Line("kube_job_status_failed", R"(,reason="DeadlineExceeded"} 0)"),
      Line("kube_job_status_failed", R"(,reason="Evicted"} 1)")}},
    {"pod failure policy",
     "kube_job_status_failed",
     [](Job& job) { FailedFor(job, "PodFailurePolicy", 5); },
     {Line("kube_job_status_failed", R"(,reason="BackoffLimitExceeded"} 0)"),
      Line("kube_job_status_failed", R"(,reason="DeadlineExceeded"} 0)"),
      Line("kube_job_status_failed", R"(,reason="Evicted"} 0)"),
      Line("kube_job_status_failed", R"(,reason=""} 5)")}},
};

TEST(JobRow, ShowsEachFamilyAsKubeStateMetricsDoes) {
  for (const JobCase& one : kJobCases) {
    SCOPED_TRACE(one.name);
    Job job = PlainJob();
    one.change(job);
    KubeRows rows(NeverDue);
    const store::Change changes[] = {Creation(job)};
    rows.Apply(changes);
    EXPECT_EQ(LinesOf(rows, one.family), one.expected);
  }
}

TEST(JobRow, ShowsAllowedLabelsMangled) {
  Job job = PlainJob();
  job.metadata.labels = {
      {"app.kubernetes.io/name", "etl"}, {"teamName", "data"}, {"a-b", "1"}, {"a.b", "2"}, {"secret", "x"}};
  job.metadata.annotations = {{"example.com/note", "line\nbreak"}};
  KubeRows rows(NeverDue, {.allowed = {.labels = {"app.kubernetes.io/*", "teamName", "a-b", "a.b"},
                                       .annotations = {"*"}}});
  const store::Change changes[] = {Creation(job)};
  rows.Apply(changes);
  EXPECT_EQ(
      LinesOf(rows, "kube_job_labels"),
      Lines{Line(
          "kube_job_labels",
          R"(,label_a_b_conflict1="1",label_a_b_conflict2="2",label_app_kubernetes_io_name="etl",label_team_name="data"} 1)")});
  EXPECT_EQ(LinesOf(rows, "kube_job_annotations"),
            Lines{Line("kube_job_annotations", R"(,annotation_example_com_note="line\nbreak"} 1)")});
}

TEST(JobRow, ShowsALabelSeriesAlsoWithoutMatchingKey) {
  KubeRows rows(NeverDue, {.allowed = {.labels = {"team"}, .annotations = {}}});
  const store::Change changes[] = {Creation(PlainJob())};
  rows.Apply(changes);
  EXPECT_EQ(LinesOf(rows, "kube_job_labels"), Lines{Line("kube_job_labels", "} 1")});
}

TEST(MangledLabels, AGeneratedNameMustBeFreeItself) {
  const api::StringMap entries{{"a.b", "1"}, {"a/b", "2"}, {"a_b_conflict1", "3"}};
  EXPECT_EQ(MangledLabels("label", entries, {"*"}),
            (std::vector<model::Label>{
                {"label_a_b_conflict2", "1"}, {"label_a_b_conflict3", "2"}, {"label_a_b_conflict1", "3"}}));
}

}  // namespace
}  // namespace belfry::kube
