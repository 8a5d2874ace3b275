// DecideJob over products of its axes; what is expected is worked out from the reference's words alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/controllers/job/job_builder.h"

namespace belfry::controllers {
namespace {

using api::Job;
using api::JobSpec;
using api::PodPhase;
using ::testing::SizeIs;

using Pods = std::vector<api::Ptr<api::Pod>>;

// --- 9: how many are wanted ---

TEST(DecideJobProducts, WantedPods) {
  for (const int32_t parallelism : {0, 1, 3}) {
    for (const std::optional<int32_t> completions :
         std::vector<std::optional<int32_t>>{std::nullopt, 0, 1, 2, 5}) {
      for (const int32_t succeeded : {0, 1, 4}) {
        for (const int32_t active : {0, 1, 4}) {
          Job job = TableJob([&](JobSpec& s) { s.parallelism = parallelism, s.completions = completions; });
          job.status.succeeded = succeeded;
          Pods pods;
          for (int32_t i = 0; i < active; ++i) pods.push_back(TablePod("p" + std::to_string(i), {}));
          const JobDecision d = DecideJob(job, {pods}, At(1));
          int32_t wanted = 0;
          if (!completions)
            wanted = succeeded > 0 ? active : parallelism;
          else
            wanted = std::max(0, std::min(parallelism, *completions - succeeded));
          SCOPED_TRACE("parallelism " + std::to_string(parallelism) + " completions " +
                       std::to_string(completions.value_or(-1)) + " succeeded " + std::to_string(succeeded) +
                       " active " + std::to_string(active));
          EXPECT_THAT(d.create, SizeIs(static_cast<size_t>(std::max(0, wanted - active))));
          EXPECT_THAT(d.remove, SizeIs(static_cast<size_t>(std::max(0, active - wanted))));
          EXPECT_EQ(d.status.active, wanted);
          EXPECT_EQ(d.status.failed, 0) << "surplus pods are no failures";
        }
      }
    }
  }
}

// --- The product of policies: action × operator × exit × phase × failures so far × limit ---

TEST(DecideJobProducts, PolicyTimesExitTimesPhaseTimesCounts) {
  int cases = 0;
  for (const std::string action : {"", "Count", "Ignore", "FailIndex", "FailJob", "Explode"}) {
    for (const std::string op : {"In", "NotIn"}) {
      for (const int32_t exit_code : {0, 3, 7}) {
        for (const PodPhase phase :
             {PodPhase::kPending, PodPhase::kRunning, PodPhase::kSucceeded, PodPhase::kFailed}) {
          for (const int32_t failed : {0, 1, 2}) {
            for (const int32_t limit : {0, 1, 2}) {
              Job job = TableJob([&](JobSpec& s) {
                s.backoff_limit = limit, s.completions = 3;
                if (action.empty()) return;
                s.pod_replacement_policy = "Failed";
                s.pod_failure_policy = api::PodFailurePolicy{
                    {{.action = action,
                      .on_exit_codes = api::FailurePolicyOnExitCodes{.op = op, .values = {3}}}}};
              });
              job.status.failed = failed;
              const auto pod = TablePod("p", {.phase = phase, .exit_code = exit_code});
              const JobDecision d = DecideJob(job, {{pod}}, At(100'000));
              // From the reference's words alone:
              const bool acts = action == "Count" || action == "Ignore" || action == "FailJob";
              const bool fits = op == "In" ? exit_code == 3 : exit_code != 3;
              const bool matches = phase == PodPhase::kFailed && exit_code != 0 && acts && fits;
              const int32_t counted =
                  phase == PodPhase::kFailed && !(matches && action == "Ignore") ? failed + 1 : failed;
              std::string end;
              if (matches && action == "FailJob")
                end = "FailureTarget:PodFailurePolicy";
              else if (counted > limit)
                end = "FailureTarget:BackoffLimitExceeded";
              const bool alive = !api::IsTerminal(*pod);
              const int32_t total = counted + (alive && !end.empty() ? 1 : 0);  // what is killed counts
              SCOPED_TRACE(action + op + std::to_string(exit_code) + std::string(api::PodPhaseName(phase)) +
                           std::to_string(failed) + std::to_string(limit));
              ASSERT_EQ(Ends(d.status), end);
              ASSERT_EQ(d.status.failed, total);
              ASSERT_EQ(d.status.succeeded, phase == PodPhase::kSucceeded ? 1 : 0);
              ASSERT_EQ(d.create.size(), end.empty() && !alive ? 1U : 0U);
              ASSERT_EQ(d.stop.size(), alive && !end.empty() ? 1U : 0U);
              ++cases;
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(cases, 6 * 2 * 3 * 4 * 3 * 3);
}

// --- backoffLimitPerIndex: failures so far × limit × action ---

TEST(DecideJobProducts, PerIndexTimesFailuresTimesLimitTimesAction) {
  for (const std::string action : {"", "Count", "Ignore", "FailIndex", "FailJob"}) {
    for (const int32_t failures : {0, 1, 2, 3}) {
      for (const int32_t limit : {0, 1, 2}) {
        for (const int64_t now : {0, 1'000}) {
          Job job = TableJob([&](JobSpec& s) {
            s.completion_mode = "Indexed", s.completions = s.parallelism = 2;
            s.backoff_limit = 2147483647, s.backoff_limit_per_index = limit;
            s.pod_replacement_policy = "Failed";
            if (!action.empty())
              s.pod_failure_policy = api::PodFailurePolicy{
                  {{.action = action,
                    .on_exit_codes = api::FailurePolicyOnExitCodes{.op = "In", .values = {3}}}}};
          });
          const Pods pods = {
              TablePod("f", {.phase = PodPhase::kFailed, .exit_code = 3, .index = 0, .failures = failures}),
              TablePod("r", {.index = 1})};
          const JobDecision d = DecideJob(job, {pods}, At(now));
          const bool index_fails = action == "FailIndex" || (action != "Ignore" && failures >= limit);
          SCOPED_TRACE(action + std::to_string(failures) + std::to_string(limit) + " at " +
                       std::to_string(now));
          if (action == "FailJob") {
            EXPECT_EQ(Ends(d.status), "FailureTarget:PodFailurePolicy");
            continue;
          }
          EXPECT_EQ(d.status.failed_indexes, index_fails ? "0" : "");
          // Kept and not in `failed` until it is replaced or its index has failed.
          EXPECT_THAT(d.unmark, SizeIs(index_fails ? 1 : 0));
          EXPECT_EQ(d.status.failed, index_fails ? 1 : 0);
          const bool due = now >= (10 << failures);
          ASSERT_THAT(d.create, SizeIs(!index_fails && due ? 1 : 0));
          if (!index_fails && !due) {
            EXPECT_EQ(d.look.at, At(10 << failures));
          }
          if (d.create.empty()) continue;
          const auto& made = d.create[0].metadata.annotations;
          EXPECT_EQ(made.at(std::string(kIndexFailureCountAnnotation)),
                    std::to_string(action == "Ignore" ? failures : failures + 1));
          EXPECT_EQ(made.contains(std::string(kIndexIgnoredFailureCountAnnotation)), action == "Ignore");
        }
      }
    }
  }
}

}  // namespace
}  // namespace belfry::controllers
