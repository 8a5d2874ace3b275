// Whether a Job is over, from plain numbers: the order of ends is in decide_test.cc.
#include "agent/controllers/job/completion.h"

#include <gtest/gtest.h>

#include "tests/agent/controllers/job/job_builder.h"

namespace belfry::controllers {
namespace {

TEST(FindEnd, BackoffLimitsOfBothRestartPolicies) {
  const struct {
    const char* policy;
    int32_t limit;
    int64_t failed;
    int64_t restarts;
    bool over;
  } kCases[] = {
      {"Never", 0, 0, 0, false},     {"Never", 0, 1, 0, true},      {"Never", 3, 3, 0, false},
      {"Never", 3, 4, 0, true},      {"Never", 3, 0, 99, false},    {"OnFailure", 0, 0, 0, false},
      {"OnFailure", 0, 0, 1, true},  {"OnFailure", 1, 0, 0, false}, {"OnFailure", 1, 0, 1, true},
      {"OnFailure", 6, 0, 5, false}, {"OnFailure", 6, 0, 6, true},  {"OnFailure", 6, 7, 0, true},
  };
  for (const auto& c : kCases) {
    const api::Job job = TableJob([&](api::JobSpec& spec) {
      spec.pod_template.spec.restart_policy = c.policy;
      spec.backoff_limit = c.limit;
    });
    const auto end =
        FindEnd(job.spec, job.status, {.failed = c.failed, .restarts_of_live_pods = c.restarts}, At(0));
    EXPECT_EQ(end.has_value(), c.over) << c.policy << c.limit << " " << c.failed << " " << c.restarts;
  }
}

TEST(FindEnd, FailedIndexesAgainstTheirMaximum) {
  for (const std::optional<int32_t> most : std::vector<std::optional<int32_t>>{std::nullopt, 0, 1, 2}) {
    for (const char* failed : {"", "3", "3,4", "0-4"}) {
      for (const char* completed : {"", "0-2", "0,1"}) {
        const IndexSet failed_set = IndexSet::Parse(failed, 5);
        const IndexSet completed_set = IndexSet::Parse(completed, 5);
        if (failed_set.CountOf(completed_set) > 0) continue;
        const api::Job job = TableJob([&](api::JobSpec& spec) {
          spec.completion_mode = "Indexed", spec.completions = 5, spec.backoff_limit = 2147483647;
          spec.backoff_limit_per_index = 1, spec.max_failed_indexes = most;
        });
        const auto end =
            FindEnd(job.spec, job.status, {.completed = completed_set, .failed_indexes = failed_set}, At(0));
        std::string wanted;
        if (most && failed_set.size() > *most) {
          wanted = "MaxFailedIndexesExceeded";
        } else if (failed_set.size() > 0 && failed_set.size() + completed_set.size() == 5) {
          wanted = "FailedIndexes";
        }
        EXPECT_EQ(end ? end->reason : "", wanted) << most.value_or(-1) << " " << failed << " " << completed;
      }
    }
  }
}

TEST(Deadline, IsThereOnlyWhileTheJobRunsAndNeverOverflows) {
  api::JobSpec spec;
  api::JobStatus status;
  status.start_time = At(0);
  EXPECT_FALSE(Deadline(spec, status));
  spec.active_deadline_seconds = 90;
  EXPECT_EQ(Deadline(spec, status), At(90));
  spec.suspend = true;
  EXPECT_FALSE(Deadline(spec, status));
  spec.suspend = false;
  status.start_time.reset();
  EXPECT_FALSE(Deadline(spec, status));
  status.start_time = At(0);
  spec.active_deadline_seconds = INT64_MAX;
  EXPECT_GT(*Deadline(spec, status), At(1'000'000'000));
}

TEST(SetSuspended, FalseIsWrittenOnlyWhereTrueWas) {
  api::JobStatus status;
  EXPECT_FALSE(SetSuspended(status, false, At(0)));
  EXPECT_TRUE(status.conditions.empty());
  EXPECT_TRUE(SetSuspended(status, true, At(1)));
  EXPECT_FALSE(SetSuspended(status, true, At(2)));
  EXPECT_EQ(status.conditions[0].last_transition_time, At(1));
  EXPECT_EQ(status.conditions[0].last_probe_time, At(1));
  EXPECT_TRUE(SetSuspended(status, false, At(3)));
  ASSERT_EQ(status.conditions.size(), 1U);
  EXPECT_EQ(status.conditions[0].status, api::ConditionStatus::kFalse);
  EXPECT_EQ(status.conditions[0].last_transition_time, At(3));
}

}  // namespace
}  // namespace belfry::controllers
