#include "tests/agent/manifest/validate_cases.h"

namespace belfry::manifest {
namespace {

api::CronJob GoodCronJob() {
  api::CronJob cronjob;
  cronjob.metadata.name = "etl";
  cronjob.metadata.ns = "default";
  cronjob.spec.schedule = "*/5 * * * *";
  cronjob.spec.job_template.spec = GoodJob().spec;
  return cronjob;
}

api::FailurePolicyOnExitCodes Codes(std::string op, std::vector<int32_t> values) {
  return {.container_name = {}, .op = std::move(op), .values = std::move(values)};
}

void SetFailureRule(api::Job& job, api::PodFailurePolicyRule rule) {
  job.spec.pod_failure_policy = api::PodFailurePolicy{{std::move(rule)}};
}

void MakeIndexed(api::Job& job, int32_t completions) {
  job.spec.completion_mode = "Indexed";
  job.spec.completions = completions;
}

void SetSuccess(api::Job& job, std::optional<std::string> indexes, std::optional<int32_t> count) {
  MakeIndexed(job, 5);
  job.spec.success_policy =
      api::SuccessPolicy{{{.succeeded_indexes = std::move(indexes), .succeeded_count = count}}};
}

// Source of all texts: kubernetes pkg/apis/{batch,core}/validation as of 1.34.
TEST(ValidateJob, NumbersAndModes) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
           [](J& j) { j.spec.parallelism = -1; }},
          {nullptr, [](J& j) { j.spec.parallelism = 0; }},
          {"spec.completions: Invalid value: -1: must be greater than or equal to 0",
           [](J& j) { j.spec.completions = -1; }},
          {"spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
           [](J& j) { j.spec.backoff_limit = -1; }},
          {"spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
           [](J& j) { j.spec.active_deadline_seconds = -1; }},
          {nullptr, [](J& j) { j.spec.active_deadline_seconds = 0; }},
          {"spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0",
           [](J& j) { j.spec.ttl_seconds_after_finished = -1; }},
          {"spec.completionMode: Unsupported value: \"X\": supported values: \"NonIndexed\", \"Indexed\"",
           [](J& j) { j.spec.completion_mode = "X", j.spec.backoff_limit_per_index = 1; }},
          {"spec.completions: Required value: when completion mode is Indexed",
           [](J& j) { j.spec.completion_mode = "Indexed", j.spec.parallelism = 2; }},
          {"spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion "
           "mode is Indexed",
           [](J& j) { MakeIndexed(j, 5), j.spec.parallelism = 100001; }},
          {"spec.podReplacementPolicy: Unsupported value: \"X\": supported values: \"Failed\", "
           "\"TerminatingOrFailed\"",
           [](J& j) { j.spec.pod_replacement_policy = "X"; }},
          {"spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")",
           [](J& j) { j.spec.managed_by = "me"; }},
          {"spec.managedBy: Too long: may not be more than 63 bytes",
           [](J& j) { j.spec.managed_by = "acme.io/" + std::string(60, 'a'); }},
          {nullptr, [](J& j) { j.spec.managed_by = "acme.io/foo"; }},
          {"spec.managedBy: Required value", [](J& j) { j.spec.managed_by = ""; }},
          {"spec.managedBy: Invalid value: \"a b\": Invalid path (regex used for validation is "
           "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
           [](J& j) { j.spec.managed_by = "acme.io/a b"; }},
          {"spec.managedBy: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower "
           "case "
           "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
           "'example.com', regex used for validation is "
           "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
           [](J& j) { j.spec.managed_by = "A_b/foo"; }},
          {"spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` not auto-generated",
           [](J& j) {
             j.spec.selector = api::LabelSelector{.match_labels = {{"a", "b"}}, .match_expressions = {}};
           }},
      });
}

TEST(ValidateJob, NamesAndRestartPolicies) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"metadata.name: Required value: name or generateName is required",
           [](J& j) { j.metadata.name.clear(); }},
          {"metadata.name: Invalid value: \""
           "a12345678901234567890123456789012345678901234567890123456789012"
           "\": will not able to create pod with invalid DNS label: "
           "a12345678901234567890123456789012345678901234567890123456789012-4",
           [](J& j) {
             j.metadata.name = "a12345678901234567890123456789012345678901234567890123456789012",
             MakeIndexed(j, 5);
           }},
          {nullptr, [](J& j) { j.metadata.name = std::string(63, 'a'); }},
          {"spec.template.labels: Invalid value: "
           "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": must be no more than 63 "
           "bytes",
           [](J& j) { j.metadata.name = std::string(64, 'a'); }},
          {"spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
           [](J& j) { j.spec.pod_template.spec.restart_policy = ""; }},
          {"spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
           [](J& j) { j.spec.pod_template.spec.restart_policy = "Always"; }},
          {"spec.template.spec.restartPolicy: Unsupported value: \"X\": supported values: \"OnFailure\", "
           "\"Never\"",
           [](J& j) { j.spec.pod_template.spec.restart_policy = "X"; }},
          {"spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when "
           "podFailurePolicy is specified",
           [](J& j) {
             j.spec.pod_template.spec.restart_policy = "OnFailure",
             SetFailureRule(j,
                            {.action = "Count", .on_exit_codes = Codes("In", {1}), .on_pod_conditions = {}});
           }},
          {"spec.template.labels: Invalid value: \"-x\": a valid label must be an empty string or "
           "consist of alphanumeric characters, '-', '_' or '.', and must start and end "
           "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
           "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
           [](J& j) {
             j.spec.pod_template.metadata.labels = {{"a", "-x"}}, j.metadata.labels = {{"a", "b"}};
           }},
      });
}

TEST(ValidateJob, PerIndexLimits) {
  using J = api::Job;
  const auto many = [](J& j) {
    MakeIndexed(j, 100001), j.spec.backoff_limit_per_index = 1, j.spec.parallelism = 10;
  };
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
           [](J& j) { j.spec.backoff_limit_per_index = 1; }},
          {"spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
           [](J& j) { MakeIndexed(j, 5), j.spec.max_failed_indexes = 1; }},
          {"spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions",
           [](J& j) {
             MakeIndexed(j, 5), j.spec.backoff_limit_per_index = 1, j.spec.max_failed_indexes = 6;
           }},
          {"spec.maxFailedIndexes: Required value: must be specified when completions is above 100000", many},
          {"spec.maxFailedIndexes: Invalid value: 10001: must be less than or equal to 10000 when "
           "completions are above 100000 and used with backoff limit per index",
           [&](J& j) { many(j), j.spec.max_failed_indexes = 10001; }},
          {"spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are "
           "above 100000 and used with backoff limit per index",
           [&](J& j) { many(j), j.spec.max_failed_indexes = 1, j.spec.parallelism = 10001; }},
      });
}

TEST(ValidateJob, PodFailurePolicies) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.podFailurePolicy.rules[0].action: Required value: valid values: [\"Count\" \"FailIndex\" "
           "\"FailJob\" \"Ignore\"]",
           [](J& j) {
             SetFailureRule(j, {.action = "", .on_exit_codes = Codes("In", {1}), .on_pod_conditions = {}});
           }},
          {"spec.podFailurePolicy.rules[0].action: Unsupported value: \"Retry\": supported values: "
           "\"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"",
           [](J& j) {
             SetFailureRule(j,
                            {.action = "Retry", .on_exit_codes = Codes("In", {1}), .on_pod_conditions = {}});
           }},
          {"spec.podFailurePolicy.rules[0].action: Invalid value: \"FailIndex\": requires the "
           "backoffLimitPerIndex to be set",
           [](J& j) {
             SetFailureRule(
                 j, {.action = "FailIndex", .on_exit_codes = Codes("In", {1}), .on_pod_conditions = {}});
           }},
          {"spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and "
           "OnPodConditions is required",
           [](J& j) {
             SetFailureRule(j, {.action = "Count", .on_exit_codes = {}, .on_pod_conditions = {}});
           }},
          {"spec.podFailurePolicy.rules[0]: Invalid value: specifying both OnExitCodes and "
           "OnPodConditions is not supported",
           [](J& j) {
             SetFailureRule(j, {.action = "Count",
                                .on_exit_codes = Codes("In", {1}),
                                .on_pod_conditions = {{.type = "X", .status = "True"}}});
           }},
      });
}

TEST(ValidateJob, ExitCodesOfPodFailurePolicies) {
  using J = api::Job;
  const auto exit_codes = [](J& j, api::FailurePolicyOnExitCodes codes) {
    SetFailureRule(j, {.action = "Count", .on_exit_codes = std::move(codes), .on_pod_conditions = {}});
  };
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.podFailurePolicy.rules[0].onExitCodes.operator: Required value: valid values: [\"In\" "
           "\"NotIn\"]",
           [&](J& j) { exit_codes(j, Codes("", {1})); }},
          {"spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []: at least one value is "
           "required",
           [&](J& j) { exit_codes(j, Codes("In", {})); }},
          {"spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In "
           "operator",
           [&](J& j) {
             exit_codes(j, Codes("In", {0, 1}));
           }},
          {nullptr,
           [&](J& j) {
             exit_codes(j, Codes("NotIn", {0, 1}));
           }},
          {"spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Duplicate value: 3",
           [&](J& j) {
             exit_codes(j, Codes("In", {3, 3}));
           }},
          {"spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,1]: must be ordered",
           [&](J& j) {
             exit_codes(j, Codes("In", {3, 1}));
           }},
          {"spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: \"no\": must be one of "
           "the container or initContainer names in the pod template",
           [&](J& j) { exit_codes(j, {.container_name = "no", .op = "In", .values = {1}}); }},
          {"spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: \"Yes\": supported "
           "values: \"False\", \"True\", \"Unknown\"",
           [](J& j) {
             SetFailureRule(j, {.action = "Ignore",
                                .on_exit_codes = {},
                                .on_pod_conditions = {{.type = "X", .status = "Yes"}}});
           }},
          {"spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items",
           [](J& j) {
             j.spec.pod_failure_policy = api::PodFailurePolicy{std::vector<api::PodFailurePolicyRule>(
                 21, {.action = "Count", .on_exit_codes = Codes("In", {1}), .on_pod_conditions = {}})};
           }},
          {"spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: "
           "\"Failed\"",
           [&](J& j) {
             exit_codes(j, Codes("In", {1})), j.spec.pod_replacement_policy = "TerminatingOrFailed";
           }},
      });
}

TEST(ValidateJob, SuccessPolicies) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(), {
                     {"spec.successPolicy: Invalid value: {\"rules\":[{\"succeededCount\":1}]}: requires "
                      "indexed completion mode",
                      [](J& j) {
                        j.spec.success_policy =
                            api::SuccessPolicy{{{.succeeded_indexes = {}, .succeeded_count = 1}}};
                      }},
                     {"spec.successPolicy.rules: Required value: at least one rules must be specified when "
                      "the successPolicy is specified",
                      [](J& j) { MakeIndexed(j, 5), j.spec.success_policy = api::SuccessPolicy{}; }},
                     {"spec.successPolicy.rules[0]: Required value: at least one of succeededCount or "
                      "succeededIndexes must be specified",
                      [](J& j) { SetSuccess(j, {}, {}); }},
                     {nullptr, [](J& j) { SetSuccess(j, "0-1,4", 3); }},
                     {nullptr, [](J& j) { SetSuccess(j, {}, 0); }},
                     {"spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or "
                      "equal to 5 (the number of specified completions)",
                      [](J& j) { SetSuccess(j, {}, 6); }},
                     {"spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or "
                      "equal to 3 (the number of indexes in the specified succeededIndexes field)",
                      [](J& j) { SetSuccess(j, "0-1,4", 4); }},
                     {nullptr, [](J& j) { SetSuccess(j, "", 5); }},
                     {"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"99999999999\": error "
                      "parsing succeededIndexes: too large index: \"99999999999\"",
                      [](J& j) { SetSuccess(j, "99999999999", {}); }},
                     {"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"x\": error parsing "
                      "succeededIndexes: cannot convert string to integer for index: \"x\"",
                      [](J& j) { SetSuccess(j, "x", {}); }},
                     {"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"7\": error parsing "
                      "succeededIndexes: too large index: \"7\"",
                      [](J& j) { SetSuccess(j, "7", {}); }},
                     {"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"1-1\": error parsing "
                      "succeededIndexes: non-increasing order, previous: 1, current: 1",
                      [](J& j) { SetSuccess(j, "1-1", {}); }},
                     {"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"3,1\": error parsing "
                      "succeededIndexes: non-increasing order, previous: 3, current: 1",
                      [](J& j) { SetSuccess(j, "3,1", {}); }},
                     {"spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"1-2-3\": error parsing "
                      "succeededIndexes: the fragment \"1-2-3\" violates the requirement that an index "
                      "interval can have at most two parts separated by '-'",
                      [](J& j) { SetSuccess(j, "1-2-3", {}); }},
                 });
}

TEST(ValidateCronJob, SchedulesZonesAndNames) {
  using C = api::CronJob;
  ExpectErrors<C>(
      GoodCronJob(),
      {
          {"spec.schedule: Required value", [](C& c) { c.spec.schedule.clear(); }},
          {"spec.schedule: Invalid value: \"* * * *\": expected exactly 5 fields, found 4: [* * * *]",
           [](C& c) { c.spec.schedule = "* * * *"; }},
          {"spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use TZ or CRON_TZ in schedule, use "
           "timeZone field instead",
           [](C& c) { c.spec.schedule = "TZ=UTC 0 0 * * *"; }},
          {nullptr, [](C& c) { c.spec.schedule = "@every 90m"; }},
          {nullptr, [](C& c) { c.spec.time_zone = "Asia/Shanghai"; }},
          {"spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string",
           [](C& c) { c.spec.time_zone = ""; }},
          {"spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in "
           "https://www.iana.org/time-zones",
           [](C& c) { c.spec.time_zone = "local"; }},
          {"spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus",
           [](C& c) { c.spec.time_zone = "Mars/Olympus"; }},
          {"spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
           [](C& c) { c.spec.starting_deadline_seconds = -1; }},
          {nullptr, [](C& c) { c.spec.starting_deadline_seconds = 0; }},
          {"spec.concurrencyPolicy: Unsupported value: \"X\": supported values: \"Allow\", \"Forbid\", "
           "\"Replace\"",
           [](C& c) { c.spec.concurrency_policy = "X"; }},
          {"spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
           [](C& c) { c.spec.successful_jobs_history_limit = -1; }},
          {"spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
           [](C& c) { c.spec.failed_jobs_history_limit = -1; }},
          {"metadata.name: Invalid value: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": must be "
           "no more than 52 characters",
           [](C& c) { c.metadata.name = std::string(53, 'a'); }},
          {"spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", "
           "\"false\"",
           [](C& c) { c.spec.job_template.spec.manual_selector = true; }},
          {"spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated",
           [](C& c) { c.spec.job_template.spec.selector = api::LabelSelector{}; }},
      });
}

TEST(ValidateConfig, KeysAndSizes) {
  api::ConfigMap config;
  config.metadata = {.name = "c", .ns = "default"};
  config.data = {{"a/b", "x"}};
  EXPECT_THAT(Errors(config), testing::ElementsAre(testing::StartsWith(
                                  "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of")));
  config.data = {{"k", "x"}};
  config.binary_data = {{"k", "y"}};
  EXPECT_THAT(Errors(config),
              testing::ElementsAre("data[k]: Invalid value: \"k\": duplicate of key present in binaryData"));
  config.binary_data = {{"big", std::string(1 << 20, 'x')}};
  EXPECT_THAT(Errors(config), testing::ElementsAre("data: Too long: may not be more than 1048576 bytes"));
}

TEST(ValidatePrometheusRule, GroupsAndRules) {
  api::PrometheusRule rule;
  rule.metadata = {.name = "r", .ns = "default"};
  rule.groups = {
      {.name = "g",
       .interval = "5x",
       .rules = {{.record = "a", .alert = "b", .expr = "1", .for_duration = ""},
                 {.alert = "c", .expr = "", .for_duration = "1h30m"}}},
      {.name = "g", .interval = "1d", .rules = {{.record = "a", .expr = "1", .for_duration = "1m"}}}};
  EXPECT_THAT(
      Errors(rule),
      testing::ElementsAre(
          "spec.groups[0].interval: Invalid value: \"5x\": not a valid duration string, as in \"5m\" or "
          "\"1h30m\"",
          "spec.groups[0].rules[0]: Invalid value: \"a\": exactly one of record and alert must be set",
          "spec.groups[0].rules[1].expr: Required value", "spec.groups[1].name: Duplicate value: \"g\"",
          "spec.groups[1].rules[0]: Forbidden: for, keep_firing_for and annotations belong to alerts, not to "
          "recording rules"));
}

TEST(ValidateUpdate, JobFieldsThatMayNotChange) {
  const api::Job before = GoodJob();
  const std::vector<Case<api::Job>> cases = {
      {nullptr, [](api::Job& j) { j.spec.parallelism = 3, j.spec.completions = 1; }},
      {nullptr,
       [](api::Job& j) {
         j.spec.backoff_limit = 1, j.spec.suspend = true, j.spec.ttl_seconds_after_finished = 1,
         j.spec.active_deadline_seconds = 9;
       }},
      {"spec.completions: Invalid value: 2: field is immutable", [](api::Job& j) { j.spec.completions = 2; }},
      {"spec.completions: Invalid value: null: field is immutable",
       [](api::Job& j) { j.spec.parallelism = 2; }},
      {"spec.managedBy: Invalid value: \"acme.io/foo\": field is immutable",
       [](api::Job& j) { j.spec.managed_by = "acme.io/foo"; }},
      {"spec.template: Invalid value: "
       "{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"other\"}],\"restartPolicy\":\"Never\","
       "\"terminationGracePeriodSeconds\":30}}: field is immutable",
       [](api::Job& j) { Main(j).image = "other"; }},
  };
  for (const auto& test : cases) {
    api::Job after = before;
    test.change(after);
    if (test.error == nullptr) {
      EXPECT_THAT(UpdateErrors(before, after), testing::IsEmpty());
    } else {
      EXPECT_THAT(UpdateErrors(before, after), testing::ElementsAre(test.error));
    }
  }
}

TEST(ValidateUpdate, ElasticIndexedJobsGrowInTandem) {
  api::Job before = GoodJob();
  MakeIndexed(before, 5);
  before.spec.parallelism = 5;
  api::Job after = before;
  after.spec.completions = after.spec.parallelism = 8;
  EXPECT_THAT(UpdateErrors(before, after), testing::IsEmpty());
  after.spec.parallelism = 7;
  EXPECT_THAT(
      UpdateErrors(before, after),
      testing::ElementsAre(
          "spec.completions: Invalid value: 8: can only be modified in tandem with spec.parallelism"));
}

TEST(ValidateUpdate, ASuspendedJobThatNeverStartedTakesSchedulingDirectives) {
  api::Job before = GoodJob();
  before.spec.suspend = true;
  api::Job after = before;
  after.spec.pod_template.metadata.annotations = {{"a", "b"}};
  after.kept = {{"spec.template.spec.nodeSelector", R"({"disk":"ssd"})"}};
  EXPECT_THAT(UpdateErrors(before, after), testing::IsEmpty());
  before.status.start_time = FromUnixSeconds(1);
  EXPECT_EQ(UpdateErrors(before, after).size(), 1u);
}

TEST(ValidateUpdate, CronJobsChangeFreelyAndOldSchedulesMayStay) {
  api::CronJob before = GoodCronJob();
  before.spec.schedule = "TZ=UTC 0 0 * * *";
  api::CronJob after = before;
  after.spec.job_template.spec.completions = 3;
  EXPECT_THAT(UpdateErrors(before, after), testing::IsEmpty());
  after.spec.time_zone = "UTC";
  EXPECT_THAT(UpdateErrors(before, after),
              testing::ElementsAre("spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use both "
                                   "timeZone field and TZ or CRON_TZ in schedule"));
}

TEST(ValidateUpdate, ImmutableConfigStays) {
  api::ConfigMap before;
  before.metadata = {.name = "c", .ns = "default"};
  before.immutable = true;
  api::ConfigMap after = before;
  after.data = {{"k", "v"}};
  EXPECT_THAT(UpdateErrors(before, after),
              testing::ElementsAre("data: Forbidden: field is immutable when `immutable` is set"));
}

}  // namespace
}  // namespace belfry::manifest
