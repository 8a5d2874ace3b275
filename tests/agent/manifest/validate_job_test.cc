// The rest of what the API server says of Jobs: limits of lists, selectors, several errors at once, updates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "agent/manifest/defaults.h"
#include "agent/manifest/validate.h"
#include "tests/agent/manifest/good_job.h"

namespace belfry::manifest {
namespace {

using api::Job;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Job IndexedJob(int32_t completions) {
  Job job = GoodJob();
  job.spec.completion_mode = "Indexed";
  job.spec.completions = completions;
  return job;
}

std::vector<std::string> Texts(const std::vector<FieldError>& errors) {
  std::vector<std::string> texts;
  for (const FieldError& error : errors) texts.push_back(error.ToString());
  return texts;
}

std::vector<std::string> Errors(Job job) {
  ApplyDefaults(job);
  return Texts(Validate(std::make_shared<const Job>(std::move(job))));
}

api::PodFailurePolicyRule CodeRule(std::string op, std::vector<int32_t> values) {
  return {.action = "Count",
          .on_exit_codes = api::FailurePolicyOnExitCodes{.op = std::move(op), .values = std::move(values)}};
}

TEST(ValidateJobLimits, NumbersOfIndexesAndFailures) {
  const std::string indexed = "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode";
  Job job = GoodJob();
  job.spec.max_failed_indexes = 1;
  EXPECT_THAT(
      Errors(job),
      ElementsAre("spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified", indexed));
  job = IndexedJob(5);
  job.spec.backoff_limit_per_index = -1;
  EXPECT_THAT(Errors(job),
              ElementsAre("spec.backoffLimitPerIndex: Invalid value: -1: must be greater than or "
                          "equal to 0"));
  job.spec.backoff_limit_per_index = 1;
  job.spec.max_failed_indexes = -1;
  EXPECT_THAT(Errors(job),
              ElementsAre("spec.maxFailedIndexes: Invalid value: -1: must be greater than or equal to 0"));
  job = IndexedJob(200'000);
  job.spec.backoff_limit_per_index = 1;
  job.spec.max_failed_indexes = 100'001;
  EXPECT_THAT(
      Errors(job),
      ElementsAre("spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000",
                  "spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 10000 when "
                  "completions are above 100000 and used with backoff limit per index"));
  job = IndexedJob(0);
  EXPECT_THAT(Errors(job), IsEmpty());
  job = GoodJob();
  job.spec.pod_template.spec.restart_policy = "OnFailure";
  job.spec.completion_mode = "Indexed";
  job.spec.completions = 2;
  job.spec.backoff_limit_per_index =
      0;  // the documentation forbids it with OnFailure, the API server does not
  EXPECT_THAT(Errors(job), IsEmpty());
}

TEST(ValidateJobLimits, ExitCodes) {
  const std::string path = "spec.podFailurePolicy.rules[0].onExitCodes";
  Job job = GoodJob();
  const auto with = [&](api::PodFailurePolicyRule rule) {
    job.spec.pod_failure_policy = api::PodFailurePolicy{{std::move(rule)}};
    return Errors(job);
  };
  EXPECT_THAT(
      with(CodeRule("Near", {1})),
      ElementsAre(path + ".operator: Unsupported value: \"Near\": supported values: \"In\", \"NotIn\""));
  std::vector<int32_t> many;
  for (int32_t i = 1; i <= 256; ++i) many.push_back(i);
  EXPECT_THAT(with(CodeRule("In", many)),
              ElementsAre(path + ".values: Too many: 256: must have at most 255 items"));
  many.pop_back();
  EXPECT_THAT(with(CodeRule("In", many)), IsEmpty());
  auto init = CodeRule("In", {1});
  init.on_exit_codes->container_name = "setup";
  job.spec.pod_template.spec.init_containers = {job.spec.pod_template.spec.containers[0]};
  job.spec.pod_template.spec.init_containers[0].name = "setup";
  EXPECT_THAT(with(init), IsEmpty());
}

TEST(ValidateJobLimits, PodConditions) {
  const std::string path = "spec.podFailurePolicy.rules[0].onPodConditions";
  Job job = GoodJob();
  const auto with = [&](std::vector<api::FailurePolicyOnPodCondition> patterns) {
    job.spec.pod_failure_policy =
        api::PodFailurePolicy{{{.action = "Ignore", .on_pod_conditions = std::move(patterns)}}};
    return Errors(job);
  };
  EXPECT_THAT(with(std::vector<api::FailurePolicyOnPodCondition>(21, {.type = "A"})),
              ElementsAre(path + ": Too many: 21: must have at most 20 items"));
  EXPECT_THAT(with({{.type = ""}}),
              ElementsAre(StartsWith(path + "[0].type: Invalid value: \"\": name part")));
  EXPECT_THAT(with({{.type = "DisruptionTarget", .status = "Unknown"}}), IsEmpty());
}

TEST(ValidateJobLimits, SuccessPolicies) {
  const std::string rule = "spec.successPolicy.rules[0]";
  Job job = IndexedJob(5);
  const auto with = [&](api::SuccessPolicyRule success) {
    job.spec.success_policy = api::SuccessPolicy{{std::move(success)}};
    return Errors(job);
  };
  EXPECT_THAT(with({.succeeded_count = -1}),
              ElementsAre(rule + ".succeededCount: Invalid value: -1: must be greater than or equal to 0"));
  EXPECT_THAT(
      with({.succeeded_indexes = "0-7"}),
      ElementsAre(rule + ".succeededIndexes: Invalid value: \"0-7\": error parsing succeededIndexes: too "
                         "large index: \"7\""));
  EXPECT_THAT(with({.succeeded_indexes = "3-1"}),
              ElementsAre(rule + ".succeededIndexes: Invalid value: \"3-1\": error parsing succeededIndexes: "
                                 "non-increasing order, previous: 3, current: 1"));
  EXPECT_THAT(
      with({.succeeded_indexes = "0,,2"}),
      ElementsAre(rule + ".succeededIndexes: Invalid value: \"0,,2\": error parsing succeededIndexes: "
                         "cannot convert string to integer for index: \"\""));
  EXPECT_THAT(with({.succeeded_indexes = std::string(65537, '0')}),
              ::testing::Contains(rule + ".succeededIndexes: Too long: may not be more than 65536 bytes"));
  job.spec.success_policy =
      api::SuccessPolicy{std::vector<api::SuccessPolicyRule>(21, {.succeeded_count = 1})};
  EXPECT_THAT(Errors(job), ElementsAre("spec.successPolicy.rules: Too many: 21: must have at most 20 items"));
}

TEST(ValidateJobLimits, SelectorsAndOwnLabels) {
  Job job = GoodJob();
  job.spec.manual_selector = true;
  EXPECT_THAT(Errors(job), ElementsAre("spec.selector: Required value"));
  job.spec.selector = api::LabelSelector{.match_labels = {{"a", "b"}}, .match_expressions = {}};
  EXPECT_THAT(Errors(job),
              ElementsAre("spec.template.metadata.labels: Invalid value: {}: `selector` does not "
                          "match template `labels`"));
  job.spec.pod_template.metadata.labels = {{"a", "b"}};
  EXPECT_THAT(Errors(job), IsEmpty());

  job = GoodJob();
  job.metadata.uid = "u1";
  job.spec.pod_template.metadata.labels = {{"job-name", "other"}, {"controller-uid", "u1"}};
  EXPECT_THAT(Errors(job), ElementsAre("spec.template.metadata.labels[job-name]: Invalid value: "
                                       "{\"controller-uid\":\"u1\",\"job-name\":\"other\"}: must be 'etl'"));
  job.spec.pod_template.metadata.labels = {{"batch.kubernetes.io/controller-uid", "u2"}};
  EXPECT_THAT(Errors(job),
              ElementsAre("spec.template.metadata.labels[batch.kubernetes.io/controller-uid]: Invalid "
                          "value: {\"batch.kubernetes.io/controller-uid\":\"u2\"}: must be 'u1'"));
  // Copied from a cluster's `-o yaml`: the uid cannot be right.
  job.metadata.uid.clear();
  EXPECT_EQ(Errors(job).size(), 1U);
}

TEST(ValidateJobLimits, AllErrorsOfAnObjectAtOnce) {
  Job job = GoodJob();
  job.spec.parallelism = -1;
  job.spec.completions = -2;
  job.spec.backoff_limit = -3;
  job.spec.managed_by = "me";
  job.spec.pod_template.spec.restart_policy = "Always";
  job.spec.pod_template.spec.containers[0].image.clear();
  const auto errors = Errors(job);
  EXPECT_THAT(
      errors,
      ElementsAre("spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
                  "spec.completions: Invalid value: -2: must be greater than or equal to 0",
                  "spec.backoffLimit: Invalid value: -3: must be greater than or equal to 0",
                  "spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as "
                  "\"acme.io/foo\")",
                  "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
                  "spec.template.spec.containers[0].image: Required value"));
  EXPECT_EQ(Join({{"a", "Required value"}}), "a: Required value");
  EXPECT_EQ(Join({{"a", "Required value"}, {"b", "Invalid value: 1: no"}}),
            "[a: Required value, b: Invalid value: 1: no]");
}

std::vector<std::string> UpdateErrors(Job before, const std::function<void(Job&)>& change) {
  ApplyDefaults(before);
  Job after = before;
  change(after);
  return Texts(ValidateUpdate(std::make_shared<const Job>(before), std::make_shared<const Job>(after)));
}

TEST(ValidateJobUpdate, WhatIsImmutable) {
  const struct {
    const char* error;
    std::function<void(Job&)> change;
  } kCases[] = {
      {"spec.completionMode: Invalid value: \"NonIndexed\": field is immutable",
       [](Job& j) { j.spec.completion_mode = "NonIndexed", j.spec.backoff_limit_per_index.reset(); }},
      {"spec.backoffLimitPerIndex: Invalid value: 2: field is immutable",
       [](Job& j) { j.spec.backoff_limit_per_index = 2; }},
      {"spec.backoffLimitPerIndex: Invalid value: null: field is immutable",
       [](Job& j) { j.spec.backoff_limit_per_index.reset(); }},
      {"spec.podFailurePolicy: Invalid value: "
       "{\"rules\":[{\"action\":\"Count\",\"onExitCodes\":{\"operator\":\"In\",\"values\":[1]}}]}: field is "
       "immutable",
       [](Job& j) {
         j.spec.pod_failure_policy = api::PodFailurePolicy{{CodeRule("In", {1})}};
         j.spec.pod_replacement_policy = "Failed";
       }},
      {"spec.successPolicy: Invalid value: {\"rules\":[{\"succeededCount\":1}]}: field is immutable",
       [](Job& j) { j.spec.success_policy = api::SuccessPolicy{{{.succeeded_count = 1}}}; }},
      {"spec.managedBy: Invalid value: \"acme.io/foo\": field is immutable",
       [](Job& j) { j.spec.managed_by = "acme.io/foo"; }},
      {"spec.completions: Invalid value: 9: can only be modified in tandem with spec.parallelism",
       [](Job& j) { j.spec.completions = 9; }},
  };
  Job before = IndexedJob(5);
  before.spec.backoff_limit_per_index = 1;
  for (const auto& c : kCases) {
    EXPECT_THAT(UpdateErrors(before, c.change), ::testing::Contains(c.error));
  }
  EXPECT_THAT(UpdateErrors(GoodJob(), [](Job& j) { j.spec.completions = 2; }),
              ElementsAre("spec.completions: Invalid value: 2: field is immutable"));
  Job manual = GoodJob();
  manual.spec.manual_selector = true;
  manual.spec.selector = api::LabelSelector{.match_labels = {{"a", "b"}}, .match_expressions = {}};
  manual.spec.pod_template.metadata.labels = {{"a", "b"}, {"c", "d"}};
  EXPECT_THAT(
      UpdateErrors(manual,
                   [](Job& j) {
                     j.spec.selector->match_labels = {{"c", "d"}};
                   }),
      ElementsAre("spec.selector: Invalid value: {\"matchLabels\":{\"c\":\"d\"}}: field is immutable"));
}

TEST(ValidateJobUpdate, WhatMayChangeAtAnyTime) {
  Job before = IndexedJob(5);
  before.spec.parallelism = 5;
  before.spec.backoff_limit_per_index = 1;
  before.status.conditions = {{.type = "Complete", .status = api::ConditionStatus::kTrue}};
  EXPECT_THAT(UpdateErrors(before,
                           [](Job& j) {
                             j.spec.parallelism = 2;
                             j.spec.active_deadline_seconds = 10;
                             j.spec.backoff_limit = 3;
                             j.spec.max_failed_indexes = 2;
                             j.spec.ttl_seconds_after_finished = 0;
                             j.spec.suspend = true;
                             j.spec.pod_replacement_policy = "Failed";
                           }),
              IsEmpty());
  for (const int32_t size : {0, 3, 9}) {  // elastic: both together, up and down
    EXPECT_THAT(UpdateErrors(before, [&](Job& j) { j.spec.completions = j.spec.parallelism = size; }),
                IsEmpty());
  }
}

TEST(ValidateJobUpdate, ATemplateWrittenInAnotherWayIsTheSame) {
  Job before = GoodJob();
  before.spec.pod_template.spec.containers[0].resources.limits["cpu"] = "1";
  before.spec.pod_template.spec.volumes = {
      {.name = "v", .source_json = R"({"configMap":{"name":"m","optional":true,"defaultMode":null}})"}};
  before.kept = {{"spec.template.spec.nodeSelector", R"({"a":"b","c":"d"})"},
                 {"spec.template.spec.containers[0].livenessProbe",
                  R"({"exec":{"command":["x","y"]},"periodSeconds":3})"}};
  const auto written_otherwise = [](Job& j) {
    j.spec.pod_template.spec.containers[0].resources.limits["cpu"] = "1000m";
    j.spec.pod_template.spec.containers[0].resources.requests["cpu"] = "1e0";
    j.spec.pod_template.spec.volumes[0].source_json =
        R"({"configMap":{"optional":true,"name":"m","defaultMode":420}})";
    j.kept = {{"spec.template.spec.nodeSelector", R"({"c":"d","a":"b"})"},
              {"spec.template.spec.containers[0].livenessProbe",
               R"({"periodSeconds":3,"exec":{"command":["x","y"]},"httpGet":null})"},
              {"spec.template.spec.dnsPolicy", R"("ClusterFirst")"},
              {"spec.template.spec.schedulerName", R"("default-scheduler")"},
              {"spec.template.spec.securityContext", "{}"},
              {"spec.template.spec.tolerations", "[]"},
              {"spec.template.spec.containers[0].imagePullPolicy", R"("Always")"},
              {"spec.template.spec.containers[0].terminationMessagePath", R"("/dev/termination-log")"}};
  };
  EXPECT_THAT(UpdateErrors(before, written_otherwise), IsEmpty());
  const std::function<void(Job&)> changes[] = {
      [](Job& j) { j.spec.pod_template.spec.containers[0].resources.limits["cpu"] = "1001m"; },
      [](Job& j) { j.spec.pod_template.spec.volumes[0].source_json = R"({"configMap":{"name":"n"}})"; },
      [](Job& j) { j.kept["spec.template.spec.nodeSelector"] = R"({"a":"b"})"; },
      [](Job& j) { j.kept["spec.template.spec.dnsPolicy"] = R"("Default")"; },
      [](Job& j) { j.kept["spec.template.spec.containers[0].imagePullPolicy"] = R"("Never")"; },
      [](Job& j) {
        j.kept["spec.template.spec.containers[0].livenessProbe"] =
            R"({"exec":{"command":["y","x"]},"periodSeconds":3})";
      }};
  for (const auto& change : changes)
    EXPECT_THAT(UpdateErrors(before, change), ElementsAre(StartsWith("spec.template: Invalid value: ")));
}

TEST(ValidateJob, ACountMayExceedBothItsBounds) {
  Job job = IndexedJob(5);
  job.spec.success_policy = api::SuccessPolicy{{{.succeeded_indexes = "0-1", .succeeded_count = 6}}};
  const std::string at =
      "spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to ";
  EXPECT_THAT(Texts(Validate(std::make_shared<const Job>(job))),
              ElementsAre(at + "5 (the number of specified completions)",
                          at + "2 (the number of indexes in the specified succeededIndexes field)"));
}

TEST(ValidateJobUpdate, TemplatesOfSuspendedJobsThatNeverStarted) {
  Job before = GoodJob();
  before.spec.suspend = true;
  before.kept = {{"spec.template.spec.affinity", R"({"nodeAffinity":{"a":1},"podAffinity":{"b":1}})"}};
  const auto node = [](Job& j) {
    j.kept["spec.template.spec.affinity"] = R"({"podAffinity":{"b":1},"nodeAffinity":{"a":2}})";
  };
  const auto pod = [](Job& j) { j.kept["spec.template.spec.affinity"] = R"({"podAffinity":{"b":2}})"; };
  const auto others = [](Job& j) {
    j.kept["spec.template.spec.nodeSelector"] = R"({"disk":"ssd"})";
    j.kept["spec.template.spec.tolerations"] = "[]";
    j.kept["spec.template.spec.schedulingGates"] = "[]";
    j.spec.pod_template.metadata.labels = {{"a", "b"}};
    j.spec.pod_template.metadata.annotations = {{"c", "d"}};
    j.spec.pod_template.spec.containers[0].resources.requests["cpu"] = "2";
  };
  const auto command = [](Job& j) { j.spec.pod_template.spec.containers[0].command = {"/bin/false"}; };
  EXPECT_THAT(UpdateErrors(before, node), IsEmpty());
  EXPECT_THAT(UpdateErrors(before, others), IsEmpty());
  EXPECT_THAT(UpdateErrors(before, pod), ElementsAre(StartsWith("spec.template: Invalid value: ")));
  EXPECT_THAT(UpdateErrors(before, command), ElementsAre(StartsWith("spec.template: Invalid value: ")));
  before.status.start_time = FromUnixSeconds(1);
  EXPECT_EQ(UpdateErrors(before, node).size(), 1U);
  EXPECT_EQ(UpdateErrors(before, others).size(), 1U);
}

}  // namespace
}  // namespace belfry::manifest
