#include "tests/agent/manifest/samples.h"

namespace belfry::manifest {
namespace {

Instant At(int64_t s) { return FromUnixSeconds(1'800'000'000 + s); }

api::ObjectMeta FullMeta(const std::string& name) {
  return {.name = name,
          .generate_name = name + "-",
          .ns = "batch",
          .uid = "0b4a7c1e-0000-4000-8000-000000000001",
          .resource_version = 18446744073709551615u,
          .generation = 7,
          .creation_timestamp = At(1),
          .deletion_timestamp = At(2),
          .deletion_grace_period_seconds = 30,
          .labels = {{"app.kubernetes.io/name", "etl"}, {"empty", ""}},
          .annotations = {{"note", "two\nlines, \"quoted\" \\ and \x01 任务"}},
          .owner_references = {{.api_version = "batch/v1",
                                .kind = "CronJob",
                                .name = "etl",
                                .uid = "u",
                                .controller = true,
                                .block_owner_deletion = false}},
          .finalizers = {"batch.kubernetes.io/job-tracking"}};
}

api::Container FullContainer(const std::string& name) {
  api::Container c;
  c.name = name;
  c.image = "img:1";
  c.command = {"/bin/sh", "-c"};
  c.args = {"echo $(A)", ""};
  c.working_dir = "/app";
  c.env_from = {
      {.prefix = "P_", .source = api::EnvFromSource::Source::kConfigMap, .name = "cm", .optional = true},
      {.prefix = "", .source = api::EnvFromSource::Source::kSecret, .name = "s", .optional = false}};
  c.env = {
      {.name = "A", .value = "1", .value_from = {}},
      {.name = "B",
       .value = "",
       .value_from = api::FieldRef{.api_version = "v1", .field_path = "metadata.name"}},
      {.name = "C",
       .value = "",
       .value_from = api::ResourceFieldRef{.container_name = "c", .resource = "limits.cpu", .divisor = "1m"}},
      {.name = "D",
       .value = "",
       .value_from = api::ConfigMapKeyRef{{.name = "cm", .key = "k", .optional = true}}},
      {.name = "E",
       .value = "",
       .value_from = api::SecretKeyRef{{.name = "s", .key = "k", .optional = false}}}};
  c.ports = {{.name = "http", .container_port = 8080, .protocol = "TCP"}};
  c.resources = {.limits = {{"cpu", "2"}, {"memory", "4Gi"}}, .requests = {{"cpu", "500m"}}};
  c.volume_mounts = {{.name = "data", .mount_path = "/data", .sub_path = "in", .read_only = true},
                     {.name = "claim", .mount_path = "/claim", .sub_path_expr = "$(A)"}};
  c.restart_policy = "Always";
  return c;
}

api::PodSpec FullPodSpec() {
  return {
      .volumes = {{.name = "data", .source_json = R"({"emptyDir":{"sizeLimit":"1Gi"}})"},
                  {.name = "claim", .claim = api::ClaimVolumeSource{.claim_name = "data", .read_only = true}},
                  {.name = "none", .source_json = "{}"}},
      .init_containers = {FullContainer("init")},
      .containers = {FullContainer("main"), FullContainer("side")},
      .restart_policy = "OnFailure",
      .termination_grace_period_seconds = 0,
      .active_deadline_seconds = 60,
      .node_name = "host",
      .service_account_name = "sa",
      .hostname = "h",
      .subdomain = "sub",
      .host_aliases = {{.ip = "10.0.0.9", .hostnames = {"a", "b.c"}}, {.ip = "::1"}}};
}

api::JobSpec FullJobSpec() {
  api::JobSpec spec;
  spec.parallelism = 0;
  spec.completions = 3;
  spec.active_deadline_seconds = 3600;
  spec.pod_failure_policy = api::PodFailurePolicy{
      {{.action = "FailJob",
        .on_exit_codes =
            api::FailurePolicyOnExitCodes{.container_name = "main", .op = "In", .values = {1, 137}},
        .on_pod_conditions = {}},
       {.action = "Ignore",
        .on_exit_codes = {},
        .on_pod_conditions = {{.type = "DisruptionTarget", .status = "True"}}}}};
  spec.success_policy = api::SuccessPolicy{{{.succeeded_indexes = "0-1", .succeeded_count = 1}}};
  spec.backoff_limit = 0;
  spec.backoff_limit_per_index = 1;
  spec.max_failed_indexes = 2;
  spec.selector = api::LabelSelector{.match_labels = {{"a", "b"}},
                                     .match_expressions = {{.key = "k", .op = "In", .values = {"v", "w"}},
                                                           {.key = "e", .op = "Exists", .values = {}}}};
  spec.manual_selector = true;
  spec.pod_template.metadata.labels = {{"a", "b"}};
  spec.pod_template.metadata.annotations = {{"x", "y"}};
  spec.pod_template.spec = FullPodSpec();
  spec.ttl_seconds_after_finished = 0;
  spec.completion_mode = "Indexed";
  spec.suspend = false;
  spec.pod_replacement_policy = "Failed";
  spec.managed_by = "example.com/other";
  return spec;
}

api::Condition FullCondition(const std::string& type) {
  return {.type = type,
          .status = api::ConditionStatus::kTrue,
          .last_probe_time = At(3),
          .last_transition_time = At(4),
          .reason = "BackoffLimitExceeded",
          .message = "Job has reached the specified backoff limit"};
}

api::ContainerTerminated FullTerminated() {
  return {.exit_code = 137,
          .signal = 9,
          .reason = "Error",
          .message = "killed",
          .started_at = At(5),
          .finished_at = At(6)};
}

}  // namespace

api::Job FullJob() {
  api::Job job;
  job.metadata = FullMeta("etl-1");
  job.spec = FullJobSpec();
  job.status = {
      .conditions = {FullCondition("FailureTarget"), FullCondition("Failed")},
      .start_time = At(7),
      .completion_time = At(8),
      .active = 1,
      .ready = 0,
      .terminating = 2,
      .succeeded = 3,
      .failed = 4,
      .completed_indexes = "1,3-5",
      .failed_indexes = "",
      .uncounted_terminated_pods = api::UncountedTerminatedPods{.succeeded = {"u1"}, .failed = {"u2", "u3"}},
      .backoff = {.failures_since_success = 2, .last_failure = At(9) + std::chrono::nanoseconds(123456789)}};
  job.kept = {
      {"spec.template.spec.affinity", R"({"nodeAffinity":{}})"},
      {"spec.template.spec.containers[1].livenessProbe", R"({"httpGet":{"path":"/health","port":8080}})"},
      {"spec.template.spec.initContainers[0].tty", "true"},
      {"spec.scheduling", "{}"}};
  return job;
}

api::CronJob FullCronJob() {
  api::CronJob cronjob;
  cronjob.metadata = FullMeta("etl");
  cronjob.spec = {.schedule = "*/5 * * * *",
                  .time_zone = "Asia/Shanghai",
                  .starting_deadline_seconds = 0,
                  .concurrency_policy = "Forbid",
                  .suspend = true,
                  .job_template = {.metadata = {}, .spec = FullJobSpec()},
                  .successful_jobs_history_limit = 0,
                  .failed_jobs_history_limit = 1};
  cronjob.spec.job_template.metadata.labels = {{"l", "m"}};
  cronjob.status = {.active = {{.api_version = "batch/v1",
                                .kind = "Job",
                                .ns = "batch",
                                .name = "etl-2",
                                .uid = "u",
                                .resource_version = "12"}},
                    .last_schedule_time = At(60),
                    .last_successful_time = At(61)};
  cronjob.kept = {{"spec.jobTemplate.spec.template.spec.priorityClassName", "\"high\""}};
  return cronjob;
}

api::Pod FullPod() {
  api::Pod pod;
  pod.metadata = FullMeta("etl-1-abcde");
  pod.spec = FullPodSpec();
  pod.status = {.phase = api::PodPhase::kFailed,
                .conditions = {FullCondition("Ready")},
                .reason = "DeadlineExceeded",
                .message = "too long",
                .host_ip = "10.0.0.1",
                .pod_ip = "10.0.0.2",
                .start_time = At(10),
                .init_container_statuses = {},
                .container_statuses = {}};
  api::ContainerStatus status{.name = "main",
                              .state = FullTerminated(),
                              .last_state = FullTerminated(),
                              .ready = true,
                              .started = false,
                              .restart_count = 2,
                              .image = "img:1",
                              .image_id = "id",
                              .container_id = "belfry://u/main/2"};
  pod.status.container_statuses.push_back(status);
  status.state = api::ContainerRunning{.started_at = At(11)};
  status.last_state.reset();
  pod.status.container_statuses.push_back(status);
  status.state = api::ContainerWaiting{.reason = "CrashLoopBackOff", .message = "back-off 10s"};
  pod.status.init_container_statuses.push_back(status);
  status.state = api::ContainerWaiting{};
  pod.status.init_container_statuses.push_back(status);
  pod.kept = {{"spec.securityContext", R"({"runAsUser":1000})"},
              {"spec.containers[0].volumeMounts[0].mountPropagation", "\"None\""}};
  return pod;
}

api::ConfigMap FullConfigMap() {
  api::ConfigMap config;
  config.metadata = FullMeta("cm");
  config.data = {{"k", "v"}, {"file.conf", "a 1\nb 2\n"}};
  config.binary_data = {{"bin", std::string("\x00\xFF\x80", 3)}, {"none", ""}};
  config.immutable = true;
  return config;
}

api::Secret FullSecret() {
  api::Secret secret;
  secret.metadata = FullMeta("s");
  secret.data = {{"token", std::string("\x00t\xFF", 3)}, {"user", "admin"}};
  secret.type = "Opaque";
  secret.immutable = false;
  return secret;
}

api::PersistentVolumeClaim FullClaim() {
  api::PersistentVolumeClaim claim;
  claim.metadata = FullMeta("data");
  claim.access_modes = {"ReadWriteOnce", "ReadOnlyMany"};
  claim.resources = {.limits = {{"storage", "2Gi"}}, .requests = {{"storage", "1Gi"}}};
  claim.phase = "Bound";
  claim.kept = {{"spec.storageClassName", "\"fast\""}, {"spec.volumeMode", "\"Filesystem\""}};
  return claim;
}

api::PrometheusRule FullPrometheusRule() {
  api::PrometheusRule rule;
  rule.metadata = FullMeta("rules");
  rule.groups = {{.name = "g",
                  .interval = "30s",
                  .query_offset = "1m",
                  .limit = 10,
                  .labels = {{"team", "data"}},
                  .rules = {{.record = "a:b",
                             .alert = "",
                             .expr = "sum(x)",
                             .for_duration = "",
                             .keep_firing_for = "",
                             .labels = {},
                             .annotations = {}},
                            {.record = "",
                             .alert = "A",
                             .expr = "x > 1",
                             .for_duration = "1m",
                             .keep_firing_for = "5m",
                             .labels = {{"severity", "page"}},
                             .annotations = {{"summary", "{{ $value }}"}}}}}};
  rule.kept = {{"spec.groups[0].partial_response_strategy", "\"warn\""}};
  return rule;
}

api::Event FullEvent() {
  api::Event event;
  event.metadata = FullMeta("etl.1");
  event.involved_object = {.api_version = "batch/v1",
                           .kind = "Job",
                           .ns = "batch",
                           .name = "etl",
                           .uid = "u",
                           .resource_version = "3"};
  event.type = api::EventType::kWarning;
  event.reason = "BackoffLimitExceeded";
  event.message = "Job has reached the specified backoff limit";
  event.source = "job-controller";
  event.first_timestamp = At(12);
  event.last_timestamp = At(13);
  event.count = 4;
  return event;
}

std::vector<api::Object> FullObjects() {
  return {std::make_shared<const api::Job>(FullJob()),
          std::make_shared<const api::CronJob>(FullCronJob()),
          std::make_shared<const api::Pod>(FullPod()),
          std::make_shared<const api::ConfigMap>(FullConfigMap()),
          std::make_shared<const api::Secret>(FullSecret()),
          std::make_shared<const api::PrometheusRule>(FullPrometheusRule()),
          std::make_shared<const api::Event>(FullEvent()),
          std::make_shared<const api::PersistentVolumeClaim>(FullClaim())};
}

}  // namespace belfry::manifest
