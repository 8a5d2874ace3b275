// DecideJob, one row per rule of the reference, and products of its axes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/controllers/job/job_builder.h"

namespace belfry::controllers {
namespace {

using api::Job;
using api::JobSpec;
using api::PodPhase;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Pods = std::vector<api::Ptr<api::Pod>>;

std::vector<std::string> IndexesOf(const std::vector<api::Pod>& pods) {
  std::vector<std::string> indexes;
  for (const api::Pod& pod : pods) indexes.push_back(std::to_string(CompletionIndex(pod).value_or(-1)));
  return indexes;
}

std::string Condition(const api::JobStatus& status, std::string_view type) {
  const api::Condition* found = api::FindCondition(status.conditions, type);
  if (found == nullptr) return "absent";
  return (found->status == api::ConditionStatus::kTrue ? "True/" : "False/") + found->reason + "/" +
         found->message;
}

// --- 1 and 2: Jobs that are left alone ---

TEST(DecideJob, FinishedJobsAreLeftAloneForEver) {
  for (const std::string_view end : {api::kJobComplete, api::kJobFailed}) {
    Job job = TableJob([](JobSpec& s) { s.completions = 5, s.backoff_limit = 100; });
    job.status.conditions = {{.type = std::string(end), .status = api::ConditionStatus::kTrue}};
    const JobDecision d = DecideJob(job, {}, At(99));
    EXPECT_EQ(d.status, job.status);
    EXPECT_THAT(d.create, IsEmpty());
    EXPECT_EQ(d.look, Look{});
  }
}

TEST(DecideJob, UnknownModeWarnsAndStops) {
  const JobDecision d = DecideJob(TableJob([](JobSpec& s) { s.completion_mode = "Sorted"; }), {}, At(0));
  EXPECT_THAT(d.create, IsEmpty());
  EXPECT_THAT(d.events, ElementsAre(EventNote{api::EventType::kWarning, "UnknownCompletionMode",
                                              "Skipped Job sync because completion mode is unknown"}));
}

TEST(DecideJob, ForeignManagersAreRespectedSilently) {
  Job job = TableJob([](JobSpec& s) { s.managed_by = "acme.io/queue"; });
  job.status.start_time.reset();
  const JobDecision d = DecideJob(job, {}, At(0));
  EXPECT_EQ(d.status, job.status);
  EXPECT_THAT(d.create, IsEmpty());
  EXPECT_THAT(d.events, IsEmpty());
  job.spec.managed_by = "kubernetes.io/job-controller";
  EXPECT_THAT(DecideJob(job, {}, At(0)).create, SizeIs(1));
}

// --- 4: what counts as failed ---

TEST(DecideJob, DyingPodsCountAtOnceOnlyUnderTerminatingOrFailedWithoutPolicy) {
  for (const bool failed_only : {false, true}) {
    for (const bool with_policy : {false, true}) {
      for (const PodPhase phase : {PodPhase::kRunning, PodPhase::kSucceeded, PodPhase::kFailed}) {
        const Job job = TableJob([&](JobSpec& s) {
          s.pod_replacement_policy = failed_only ? "Failed" : "TerminatingOrFailed";
          if (with_policy) s.pod_failure_policy = api::PodFailurePolicy{};
        });
        const auto pod = TablePod("a", {.phase = phase, .exit_code = 1, .deleting = true});
        const JobDecision d = DecideJob(job, {{pod}}, At(1000));
        const bool ended = phase != PodPhase::kRunning;
        const bool at_once = !failed_only && !with_policy;
        const bool failed = phase == PodPhase::kFailed || (phase == PodPhase::kRunning && at_once);
        SCOPED_TRACE(std::to_string(failed_only) + std::to_string(with_policy) +
                     std::string(api::PodPhaseName(phase)));
        EXPECT_EQ(d.status.failed, failed ? 1 : 0);
        EXPECT_EQ(d.status.succeeded, phase == PodPhase::kSucceeded ? 1 : 0);
        EXPECT_EQ(d.status.terminating, ended ? 0 : 1);
        EXPECT_THAT(d.unmark, SizeIs(ended || at_once ? 1 : 0));
        // Replaced at once, or only when it is really gone.
        const bool replaced = failed || (phase == PodPhase::kRunning && at_once);
        EXPECT_THAT(d.create, SizeIs(replaced ? 1 : 0));
      }
    }
  }
}

// --- 6: counting ---

TEST(DecideJob, MarksGoInTheSameLookInWhichTheCountersRise) {
  const Job job = TableJob([](JobSpec& s) { s.completions = 9, s.parallelism = 3; });
  const Pods pods = {TablePod("a", {.phase = PodPhase::kSucceeded}),
                     TablePod("b", {.phase = PodPhase::kFailed, .exit_code = 1}),
                     TablePod("c", {.phase = PodPhase::kSucceeded, .tracked = false}),
                     TablePod("d", {.ready = true})};
  const JobDecision d = DecideJob(job, {pods}, At(1000));
  EXPECT_EQ(d.status.succeeded, 1);
  EXPECT_EQ(d.status.failed, 1);
  EXPECT_EQ(d.status.ready, 1);
  EXPECT_THAT(d.unmark, UnorderedElementsAre("a", "b"));
  EXPECT_FALSE(d.status.uncounted_terminated_pods);
}

TEST(DecideJob, APortionIsCountedCreatedAndEndedAtMost) {
  Job job = TableJob([](JobSpec& s) { s.completions = 1000, s.parallelism = 1000; });
  JobDecision d = DecideJob(job, {}, At(0));
  EXPECT_THAT(d.create, SizeIs(kPodsPerReconcile));
  EXPECT_TRUE(d.look.again);
  Pods running, ended;
  for (int i = 0; i < 250; ++i) {
    running.push_back(TablePod("r" + std::to_string(i), {}));
    ended.push_back(TablePod("e" + std::to_string(i), {.phase = PodPhase::kSucceeded}));
  }
  d = DecideJob(job, {ended}, At(0));
  EXPECT_EQ(d.status.succeeded, static_cast<int32_t>(kPodsPerReconcile));
  EXPECT_THAT(d.unmark, SizeIs(kPodsPerReconcile));
  EXPECT_TRUE(d.look.again);
  job.spec.suspend = true;
  d = DecideJob(job, {running}, At(0));
  EXPECT_THAT(d.remove, SizeIs(kPodsPerReconcile));
  EXPECT_TRUE(d.look.again);
}

// Neither of these may ask for another look at once: nothing would be different then.
TEST(DecideJob, WaitingIndexesDoNotKeepTheLoopBusy) {
  const auto spec = [](JobSpec& s) {
    s.completion_mode = "Indexed";
    s.completions = s.parallelism = 600;
    s.backoff_limit_per_index = 5;
    s.backoff_limit = 2147483647;
  };
  Job job = TableJob(spec);
  job.status.failed_indexes = "0-299";
  Pods running;
  for (int32_t i = 300; i < 600; ++i) running.push_back(TablePod("r" + std::to_string(i), {.index = i}));
  JobDecision d = DecideJob(job, {running}, At(0));
  EXPECT_THAT(d.create, IsEmpty());
  EXPECT_FALSE(d.look.again);

  job = TableJob(spec);
  Pods failed;
  for (int32_t i = 0; i < 150; ++i) {
    failed.push_back(TablePod(
        "f" + std::to_string(i),
        {.phase = PodPhase::kFailed, .exit_code = 1, .finished = At(i < 120 ? 100 : 50), .index = i}));
  }
  for (int32_t i = 150; i < 600; ++i) failed.push_back(TablePod("r" + std::to_string(i), {.index = i}));
  d = DecideJob(job, {failed}, At(100));
  EXPECT_THAT(d.create, SizeIs(30));  // those whose delay has passed, beyond the first hundred
  EXPECT_FALSE(d.look.again);
  EXPECT_EQ(d.look.at, At(110));
}

// --- 7: the order of ends; every pair of causes in one look ---

TEST(DecideJob, TheFirstCauseOfTheListWins) {
  struct Cause {
    const char* reason;
    std::function<void(Job&, Pods&)> add;
  };
  const auto codes = [](std::string action) {
    return api::PodFailurePolicy{
        {{.action = std::move(action),
          .on_exit_codes = api::FailurePolicyOnExitCodes{.op = "In", .values = {42}}}}};
  };
  const std::vector<Cause> kCauses = {
      {"PodFailurePolicy",
       [&](Job& j, Pods& p) {
         j.spec.pod_failure_policy = codes("FailJob");
         p.push_back(TablePod("policy", {.phase = PodPhase::kFailed, .exit_code = 42, .index = 9}));
       }},
      {"BackoffLimitExceeded", [](Job& j, Pods&) { j.spec.backoff_limit = 2, j.status.failed = 3; }},
      {"DeadlineExceeded", [](Job& j, Pods&) { j.spec.active_deadline_seconds = 50; }},
      {"MaxFailedIndexesExceeded",
       [](Job& j, Pods&) { j.spec.max_failed_indexes = 0, j.status.failed_indexes = "5"; }},
      {"FailedIndexes",
       [](Job& j, Pods&) { j.status.failed_indexes = "5", j.status.completed_indexes = "0-4,6-9"; }},
      {"SuccessPolicy",
       [](Job& j, Pods&) {
         j.spec.success_policy = api::SuccessPolicy{{{.succeeded_count = 1}}};
         if (j.status.completed_indexes.empty()) j.status.completed_indexes = "0";
       }},
  };
  for (size_t first = 0; first < kCauses.size(); ++first) {
    for (size_t second = first; second < kCauses.size(); ++second) {
      Job job = TableJob([](JobSpec& s) {
        s.completion_mode = "Indexed";
        s.completions = 10;
        s.backoff_limit = 2147483647;
        s.backoff_limit_per_index = 3;
      });
      Pods pods;
      kCauses[second].add(job, pods);
      kCauses[first].add(job, pods);
      const JobDecision d = DecideJob(job, {pods}, At(60));
      SCOPED_TRACE(std::string(kCauses[first].reason) + " before " + kCauses[second].reason);
      const std::string type = first == 5 ? "SuccessCriteriaMet:" : "FailureTarget:";
      EXPECT_EQ(Ends(d.status), type + kCauses[first].reason);
    }
  }
}

TEST(DecideJob, AnAnnouncedEndHoldsWhateverChangesSince) {
  for (const std::string_view interim : {api::kJobFailureTarget, api::kJobSuccessCriteriaMet}) {
    Job job = TableJob([](JobSpec& s) { s.completions = 100, s.backoff_limit = 100; });
    job.status.conditions = {{.type = std::string(interim),
                              .status = api::ConditionStatus::kTrue,
                              .reason = "R",
                              .message = "words"}};
    const JobDecision d = DecideJob(job, {}, At(1));
    const bool success = interim == api::kJobSuccessCriteriaMet;
    EXPECT_EQ(Condition(d.status, success ? api::kJobComplete : api::kJobFailed), "True/R/words");
    EXPECT_EQ(d.status.completion_time.has_value(), success);
    EXPECT_THAT(d.create, IsEmpty());
  }
}

TEST(DecideJob, ReasonsAndMessagesOfEnds) {
  const struct {
    const char* type;
    const char* words;
    std::function<void(Job&)> change;
  } kCases[] = {
      {"FailureTarget", "True/BackoffLimitExceeded/Job has reached the specified backoff limit",
       [](Job& j) { j.spec.backoff_limit = 0, j.status.failed = 1; }},
      {"FailureTarget", "True/DeadlineExceeded/Job was active longer than specified deadline",
       [](Job& j) { j.spec.active_deadline_seconds = 10; }},
      {"FailureTarget",
       "True/MaxFailedIndexesExceeded/Job has exceeded the specified maximal number of failed indexes",
       [](Job& j) {
         j.spec.completion_mode = "Indexed", j.spec.completions = 3, j.spec.backoff_limit_per_index = 1;
         j.spec.max_failed_indexes = 0, j.status.failed_indexes = "1";
       }},
      {"FailureTarget", "True/FailedIndexes/Job has failed indexes",
       [](Job& j) {
         j.spec.completion_mode = "Indexed", j.spec.completions = 2, j.spec.backoff_limit_per_index = 1;
         j.status.failed_indexes = "1", j.status.completed_indexes = "0";
       }},
      {"SuccessCriteriaMet", "True/SuccessPolicy/Matched rules at index 0",
       [](Job& j) {
         j.spec.completion_mode = "Indexed", j.spec.completions = 2, j.status.completed_indexes = "0";
         j.spec.success_policy = api::SuccessPolicy{{{.succeeded_count = 1}}};
       }},
      {"SuccessCriteriaMet", "True/CompletionsReached/Reached expected number of succeeded pods",
       [](Job& j) { j.status.succeeded = 1; }},
      {"Suspended", "True/JobSuspended/Job suspended", [](Job& j) { j.spec.suspend = true; }},
  };
  for (const auto& c : kCases) {
    Job job = TableJob();
    c.change(job);
    EXPECT_EQ(Condition(DecideJob(job, {}, At(10)).status, c.type), c.words);
  }
}

TEST(DecideJob, EventsOfEnds) {
  Job job = TableJob([](JobSpec& s) { s.backoff_limit = 0; });
  job.status.failed = 1;
  JobDecision d = DecideJob(job, {}, At(1));
  EXPECT_THAT(d.events, IsEmpty()) << "the interim condition is no news";
  d = Next(job, d, {}, At(2));
  EXPECT_THAT(d.events, ElementsAre(EventNote{api::EventType::kWarning, "BackoffLimitExceeded",
                                              "Job has reached the specified backoff limit"}));
  job = TableJob();
  job.status.succeeded = 2;
  d = DecideJob(job, {}, At(1));
  EXPECT_THAT(d.events,
              ElementsAre(EventNote{api::EventType::kWarning, "TooManySucceededPods",
                                    "Too many succeeded pods running after completion count reached"}));
  d = Next(job, d, {}, At(2));
  EXPECT_THAT(d.events, ElementsAre(EventNote{api::EventType::kNormal, "Completed", "Job completed"}));
}

// --- 9: how many are wanted; the product of numbers is in decide_products_test.cc ---

TEST(DecideJob, NothingIsMadeForAJobThatIsBeingDeleted) {
  Job job = TableJob();
  job.metadata.deletion_timestamp = At(1);
  job.status.conditions = {{.type = "Suspended", .status = api::ConditionStatus::kTrue}};
  const JobDecision d = DecideJob(job, {}, At(2) + milliseconds(7));
  EXPECT_THAT(d.create, IsEmpty());
  EXPECT_EQ(d.status.start_time, At(0)) << "else every look would change the status, and cause the next look";
  EXPECT_EQ(d.status.conditions, job.status.conditions);
}

TEST(DecideJob, PodsOfDecidedIndexesAreSurplus) {
  Job job = TableJob([](JobSpec& s) { s.completion_mode = "Indexed", s.completions = 4, s.parallelism = 4; });
  job.status.completed_indexes = "0,1";
  const JobDecision d =
      DecideJob(job, {{TablePod("extra", {.index = 1}), TablePod("two", {.index = 2})}}, At(1));
  EXPECT_THAT(d.remove, ElementsAre("extra"));
  EXPECT_THAT(d.create, IsEmpty()) << "never both in one look";
}

TEST(DecideJob, LowestFreeIndexFirstAndNoneTwice) {
  Job job = TableJob([](JobSpec& s) {
    s.completion_mode = "Indexed", s.completions = 10, s.parallelism = 4;
    s.pod_replacement_policy = "Failed";
  });
  job.status.completed_indexes = "0,3";
  const Pods pods = {TablePod("a", {.index = 1}), TablePod("b", {.index = 4, .deleting = true})};
  EXPECT_THAT(IndexesOf(DecideJob(job, {pods}, At(1)).create), ElementsAre("2", "5"));
  job.spec.pod_replacement_policy = "TerminatingOrFailed";
  EXPECT_THAT(IndexesOf(DecideJob(job, {pods}, At(1000)).create), ElementsAre("2", "4", "5"));
}

// --- Deadlines, suspension ---

TEST(DecideJob, DeadlinesFailWhenReachedAndAreLookedForBefore) {
  for (const int64_t limit : {0, 1, 60}) {
    for (const int64_t now : {0, 1, 59, 60, 61}) {
      const Job job = TableJob([&](JobSpec& s) { s.active_deadline_seconds = limit; });
      const JobDecision d = DecideJob(job, {}, At(now));
      EXPECT_EQ(Ends(d.status), now >= limit ? "FailureTarget:DeadlineExceeded" : "") << limit << " " << now;
      if (now < limit) {
        EXPECT_EQ(d.look.at, At(limit));
      }
      Job suspended = job;
      suspended.spec.suspend = true;
      EXPECT_EQ(Ends(DecideJob(suspended, {}, At(now)).status), "Suspended:JobSuspended");
    }
  }
}

TEST(DecideJob, ResumingStartsTheClockAgainBeforeTheDeadlineIsJudged) {
  Job job = TableJob([](JobSpec& s) { s.active_deadline_seconds = 10; });
  job.status.conditions = {{.type = "Suspended", .status = api::ConditionStatus::kTrue}};
  const JobDecision d = DecideJob(job, {}, At(500));
  EXPECT_EQ(d.status.start_time, At(500));
  EXPECT_EQ(Condition(d.status, "Suspended"), "False/JobResumed/Job resumed");
  EXPECT_THAT(d.create, SizeIs(1));
  EXPECT_THAT(d.events, ElementsAre(EventNote{api::EventType::kNormal, "Resumed", "Job resumed"}));
}

TEST(DecideJob, AnEndingJobIsNotResumed) {
  for (const char* interim : {"FailureTarget", "SuccessCriteriaMet"}) {
    Job job = TableJob({});
    job.status.conditions = {{.type = "Suspended", .status = api::ConditionStatus::kTrue},
                             {.type = interim, .status = api::ConditionStatus::kTrue, .reason = "Because"}};
    job.status.terminating = 1;
    job.status.ready = 0;
    const JobObserved observed{{TablePod("slow", {.deleting = true, .tracked = false})}};
    const JobDecision d = DecideJob(job, observed, At(5));
    EXPECT_EQ(d.status, job.status) << interim << ": a look that changes nothing is followed by none";
    EXPECT_FALSE(d.look.again);
  }
}

TEST(DecideJob, AJobThatEndsInTheLookThatWouldResumeItKeepsItsStart) {
  Job job = TableJob({});
  job.status.conditions = {{.type = "Suspended", .status = api::ConditionStatus::kTrue}};
  job.status.succeeded = 1;
  const JobDecision d = DecideJob(job, {}, At(500));
  EXPECT_EQ(Ends(d.status), "Suspended: SuccessCriteriaMet:CompletionsReached");
  EXPECT_EQ(d.status.start_time, At(0));
}

TEST(DecideJob, AJobBeingDeletedKeepsNoFailedPodForItsReplacement) {
  Job job = TableJob([](JobSpec& s) { s.completion_mode = "Indexed", s.backoff_limit_per_index = 3; });
  const JobObserved observed{
      {TablePod("f", {.phase = PodPhase::kFailed, .exit_code = 1, .index = 0, .deleting = true})}};
  EXPECT_THAT(DecideJob(job, observed, At(1)).unmark, IsEmpty());
  job.metadata.deletion_timestamp = At(0);
  EXPECT_THAT(DecideJob(job, observed, At(1)).unmark, ElementsAre("f"));
}

TEST(DecideJob, ASuspendedJobCanCompleteAndCanFail) {
  Job job = TableJob([](JobSpec& s) { s.suspend = true; });
  job.status.succeeded = 1;
  EXPECT_EQ(Ends(DecideJob(job, {}, At(1)).status), "SuccessCriteriaMet:CompletionsReached");
  job.status.succeeded = 0;
  job.status.failed = 7;
  EXPECT_EQ(Ends(DecideJob(job, {}, At(1)).status), "FailureTarget:BackoffLimitExceeded");
}

}  // namespace
}  // namespace belfry::controllers
