// podFailurePolicy, successPolicy, back-off and surplus, each a table of plain values.
#include <gtest/gtest.h>

#include "agent/controllers/job/backoff.h"
#include "agent/controllers/job/failure_policy.h"
#include "agent/controllers/job/job_pods.h"
#include "agent/controllers/job/success_policy.h"
#include "agent/controllers/job/surplus.h"

namespace belfry::controllers {
namespace {

using api::PodPhase;

api::ContainerStatus Ended(std::string name, int32_t code) {
  return {.name = std::move(name), .state = api::ContainerTerminated{.exit_code = code}};
}

api::Pod FailedPod(std::vector<api::ContainerStatus> containers,
                   std::vector<api::ContainerStatus> init = {}) {
  api::Pod pod;
  pod.metadata.ns = "default";
  pod.metadata.name = "p";
  pod.status.phase = PodPhase::kFailed;
  pod.status.container_statuses = std::move(containers);
  pod.status.init_container_statuses = std::move(init);
  return pod;
}

api::JobSpec WithRules(std::vector<api::PodFailurePolicyRule> rules) {
  api::JobSpec spec;
  spec.pod_failure_policy = api::PodFailurePolicy{std::move(rules)};
  return spec;
}

api::PodFailurePolicyRule OnCodes(std::string action, std::string op, std::vector<int32_t> values) {
  return {.action = std::move(action),
          .on_exit_codes = api::FailurePolicyOnExitCodes{.op = std::move(op), .values = std::move(values)}};
}

TEST(FailurePolicy, FirstMatchingRuleWins) {
  const auto spec = WithRules({OnCodes("Ignore", "In", {3}), OnCodes("FailJob", "In", {3, 4})});
  EXPECT_EQ(MatchFailurePolicy(spec, FailedPod({Ended("c", 3)})).action, FailureAction::kIgnore);
  const auto match = MatchFailurePolicy(spec, FailedPod({Ended("c", 4)}));
  EXPECT_EQ(match.action, FailureAction::kFailJob);
  EXPECT_EQ(match.message,
            "Container c for pod default/p failed with exit code 4 matching FailJob rule at index 1");
  EXPECT_EQ(MatchFailurePolicy(spec, FailedPod({Ended("c", 5)})).action, FailureAction::kCount);
}

TEST(FailurePolicy, Trap8NotInNeverMatchesExitZero) {
  const auto spec = WithRules({OnCodes("FailJob", "NotIn", {42})});
  EXPECT_EQ(MatchFailurePolicy(spec, FailedPod({Ended("a", 0), Ended("b", 42)})).action,
            FailureAction::kCount);
  EXPECT_EQ(MatchFailurePolicy(spec, FailedPod({Ended("a", 0), Ended("b", 1)})).action,
            FailureAction::kFailJob);
}

TEST(FailurePolicy, Trap8ContainersBeforeInitContainers) {
  const auto match = MatchFailurePolicy(WithRules({OnCodes("FailJob", "In", {7})}),
                                        FailedPod({Ended("app", 7)}, {Ended("init", 7)}));
  EXPECT_TRUE(match.message.starts_with("Container app ")) << match.message;
}

TEST(FailurePolicy, Trap8OnlyEndedPodsAreJudged) {
  api::Pod pod = FailedPod({Ended("c", 3)});
  pod.status.phase = PodPhase::kRunning;
  EXPECT_EQ(MatchFailurePolicy(WithRules({OnCodes("FailJob", "In", {3})}), pod).action,
            FailureAction::kCount);
}

TEST(FailurePolicy, ContainerNameRestricts) {
  auto rule = OnCodes("Ignore", "In", {3});
  rule.on_exit_codes->container_name = "main";
  EXPECT_EQ(MatchFailurePolicy(WithRules({rule}), FailedPod({Ended("side", 3)})).action,
            FailureAction::kCount);
  EXPECT_EQ(MatchFailurePolicy(WithRules({rule}), FailedPod({Ended("main", 3)})).action,
            FailureAction::kIgnore);
}

TEST(FailurePolicy, ConditionsMatchTypeAndStatus) {
  api::Pod pod = FailedPod({Ended("c", 143)});
  pod.status.conditions = {{.type = "DisruptionTarget", .status = api::ConditionStatus::kTrue}};
  const auto rule = [](std::string status) {
    return api::PodFailurePolicyRule{
        .action = "FailJob",
        .on_pod_conditions = {{.type = "DisruptionTarget", .status = std::move(status)}}};
  };
  EXPECT_EQ(MatchFailurePolicy(WithRules({rule("True")}), pod).message,
            "Pod default/p has condition DisruptionTarget matching FailJob rule at index 0");
  EXPECT_EQ(MatchFailurePolicy(WithRules({rule("False")}), pod).action, FailureAction::kCount);
}

TEST(FailurePolicy, UnknownActionOperatorAndStrayFailIndexAreSkipped) {
  auto spec = WithRules({OnCodes("Explode", "In", {3}), OnCodes("FailJob", "Near", {3}),
                         OnCodes("FailIndex", "In", {3}), OnCodes("Ignore", "In", {3})});
  EXPECT_EQ(MatchFailurePolicy(spec, FailedPod({Ended("c", 3)})).action, FailureAction::kIgnore);
  spec.backoff_limit_per_index = 1;
  EXPECT_EQ(MatchFailurePolicy(spec, FailedPod({Ended("c", 3)})).action, FailureAction::kFailIndex);
}

TEST(SuccessPolicy, Rules) {
  using Rule = api::SuccessPolicyRule;
  const struct {
    const char* what;
    std::vector<Rule> rules;
    const char* completed;
    const char* message;  // empty: not met
  } kCases[] = {
      {"all listed", {Rule{.succeeded_indexes = "0,2"}}, "0-2", "Matched rules at index 0"},
      {"one missing", {Rule{.succeeded_indexes = "0,3"}}, "0-2", ""},
      {"count of listed",
       {Rule{.succeeded_indexes = "0-9", .succeeded_count = 2}},
       "4,7",
       "Matched rules at index 0"},
      {"count of any", {Rule{.succeeded_count = 3}}, "1,5,9", "Matched rules at index 0"},
      {"second rule",
       {Rule{.succeeded_indexes = "8"}, Rule{.succeeded_count = 1}},
       "1",
       "Matched rules at index 1"},
      {"beyond the completions", {Rule{.succeeded_indexes = "20-30", .succeeded_count = 0}}, "1", ""},
      {"nothing succeeded, count 0", {Rule{.succeeded_count = 0}}, "", ""},
      {"count 0", {Rule{.succeeded_count = 0}}, "5", "Matched rules at index 0"},
  };
  for (const auto& c : kCases) {
    api::JobSpec spec;
    spec.completions = 10;
    spec.success_policy = api::SuccessPolicy{c.rules};
    EXPECT_EQ(MatchSuccessPolicy(spec, IndexSet::Parse(c.completed, 10)).value_or(""), c.message) << c.what;
  }
}

Instant At(int64_t s) { return FromUnixSeconds(1000 + s); }

TEST(Backoff, Series10To600FromTheNewestFailure) {
  const int64_t kDelays[] = {10, 20, 40, 80, 160, 320, 600, 600};
  api::JobBackoff record;
  for (int32_t i = 0; i < 8; ++i) {
    record = UpdateBackoff(record, {At(i)}, std::nullopt);
    EXPECT_EQ(*NextCreation(record), At(i) + seconds(kDelays[i])) << i;
  }
}

TEST(Backoff, TwoFailuresTogetherCountTwo) {
  EXPECT_EQ(*NextCreation(UpdateBackoff({}, {At(0), At(0)}, std::nullopt)), At(20));
}

TEST(Backoff, Trap3ASuccessWipesWhatIsNotYounger) {
  const api::JobBackoff record{.failures_since_success = 4, .last_failure = At(10)};
  EXPECT_EQ(UpdateBackoff(record, {}, At(11)), api::JobBackoff());
  EXPECT_EQ(UpdateBackoff(record, {}, At(10)), api::JobBackoff());
  EXPECT_EQ(UpdateBackoff(record, {At(5), At(12)}, At(11)).failures_since_success, 1);
  EXPECT_FALSE(NextCreation(UpdateBackoff({}, {At(3)}, At(3))));
}

TEST(Backoff, PerIndexDelayCountsFailuresAndIgnoredOnes) {
  api::Pod pod = FailedPod({Ended("c", 1)});
  std::get<api::ContainerTerminated>(pod.status.container_statuses[0].state).finished_at = At(0);
  EXPECT_EQ(NextCreationOfIndex(pod), At(10));
  pod.metadata.annotations[std::string(kIndexFailureCountAnnotation)] = "1";
  pod.metadata.annotations[std::string(kIndexIgnoredFailureCountAnnotation)] = "2";
  EXPECT_EQ(NextCreationOfIndex(pod), At(80));
  for (const char* bad : {"-1", "x", "", "2147483648", "1 "}) {
    pod.metadata.annotations[std::string(kIndexFailureCountAnnotation)] = bad;
    EXPECT_EQ(NextCreationOfIndex(pod), At(40)) << bad;
  }
}

TEST(FinishTime, FallsBackStepByStep) {
  api::Pod pod = FailedPod({Ended("a", 1), Ended("b", 0)});
  pod.metadata.creation_timestamp = At(0);
  EXPECT_EQ(FinishTime(pod), At(0));
  pod.metadata.deletion_timestamp = At(40);
  pod.metadata.deletion_grace_period_seconds = 30;
  EXPECT_EQ(FinishTime(pod), At(10));
  pod.status.conditions = {
      {.type = "Ready", .status = api::ConditionStatus::kFalse, .last_transition_time = At(20)}};
  EXPECT_EQ(FinishTime(pod), At(20));
  std::get<api::ContainerTerminated>(pod.status.container_statuses[0].state).finished_at = At(25);
  EXPECT_EQ(FinishTime(pod), At(20)) << "one container does not say when";
  std::get<api::ContainerTerminated>(pod.status.container_statuses[1].state).finished_at = At(23);
  EXPECT_EQ(FinishTime(pod), At(25));
}

api::Ptr<api::Pod> Active(std::string name, std::optional<int32_t> index, PodPhase phase,
                          int64_t created = 0) {
  api::Pod pod;
  pod.metadata.name = std::move(name);
  pod.metadata.creation_timestamp = At(created);
  if (index) pod.metadata.annotations[std::string(kCompletionIndexAnnotation)] = std::to_string(*index);
  pod.status.phase = phase;
  pod.status.start_time = At(created);
  return std::make_shared<const api::Pod>(std::move(pod));
}

std::string Names(const std::vector<api::Ptr<api::Pod>>& pods) {
  std::string names;
  for (const auto& pod : pods) names += pod->metadata.name;
  return names;
}

TEST(Surplus, PendingBeforeRunningAndNewerBeforeOlder) {
  const auto pods =
      std::vector{Active("a", {}, PodPhase::kRunning, 1), Active("b", {}, PodPhase::kPending, 1),
                  Active("c", {}, PodPhase::kRunning, 2)};
  EXPECT_EQ(Names(SurplusPods({}, pods, 2)), "bc");
  EXPECT_EQ(Names(SurplusPods({}, pods, 0)), "");
}

TEST(Surplus, InvalidAndDuplicateIndexesGoFirst) {
  api::JobSpec spec;
  spec.completion_mode = "Indexed";
  spec.completions = 3;
  const auto pods = std::vector{Active("a", 0, PodPhase::kRunning), Active("b", 0, PodPhase::kPending),
                                Active("c", 9, PodPhase::kRunning), Active("d", {}, PodPhase::kRunning),
                                Active("e", 1, PodPhase::kPending)};
  EXPECT_EQ(SurplusPods(spec, pods, 0).size(), 3U);
  EXPECT_EQ(Names(SurplusPods(spec, pods, 4)).back(), 'e');
}

}  // namespace
}  // namespace belfry::controllers
