#include "tests/agent/manifest/validate_cases.h"

namespace belfry::manifest {
namespace {

TEST(ValidatePod, Containers) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.template.spec.containers: Required value",
           [](J& j) { j.spec.pod_template.spec.containers.clear(); }},
          {"spec.template.spec.containers[0].name: Required value", [](J& j) { Main(j).name.clear(); }},
          {"spec.template.spec.containers[0].image: Required value", [](J& j) { Main(j).image.clear(); }},
          {"spec.template.spec.containers[1].name: Duplicate value: \"main\"",
           [](J& j) { j.spec.pod_template.spec.containers.push_back(Main(j)); }},
          {"spec.template.spec.initContainers[0].name: Duplicate value: \"main\"",
           [](J& j) { j.spec.pod_template.spec.init_containers.push_back(Main(j)); }},
          {"spec.template.spec.initContainers[0].restartPolicy: Unsupported value: \"Never\": supported "
           "values: \"Always\"",
           [](J& j) {
             j.spec.pod_template.spec.init_containers.push_back(
                 {.name = "i", .image = "x", .restart_policy = "Never"});
           }},
      });
}

TEST(ValidatePod, AVolumeHasOneSource) {
  using J = api::Job;
  const auto volume = [](std::optional<api::ClaimVolumeSource> claim, const char* others) {
    return [=](J& j) {
      j.spec.pod_template.spec.volumes = {{.name = "v", .claim = claim, .source_json = others}};
    };
  };
  const api::ClaimVolumeSource claim{.claim_name = "c"};
  ExpectErrors<J>(
      GoodJob(),
      {{nullptr, volume(claim, "{}")},
       {nullptr, volume({}, R"({"hostPath":{"path":"/x"}})")},
       {"spec.template.spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
        volume({}, R"({"emptyDir":{},"hostPath":{"path":"/x"}})")},
       {"spec.template.spec.volumes[0].persistentVolumeClaim: Forbidden: may not specify more than "
        "1 volume type",
        volume(claim, R"({"emptyDir":{}})")}});
}

TEST(ValidatePod, EnvironmentPortsAndDeadlines) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.template.spec.containers[0].env[0].name: Required value",
           [](J& j) { Main(j).env = {{.name = "", .value = "x", .value_from = {}}}; }},
          {"spec.template.spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified "
           "when `value` is not empty",
           [](J& j) {
             Main(j).env = {{.name = "A",
                             .value = "x",
                             .value_from = api::FieldRef{.api_version = "", .field_path = "metadata.name"}}};
           }},
          {"spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "
           "\"status.phase\": supported values: \"metadata.name\", \"metadata.namespace\", "
           "\"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", "
           "\"status.hostIPs\", \"status.podIP\", \"status.podIPs\"",
           [](J& j) {
             Main(j).env = {{.name = "A",
                             .value = "",
                             .value_from = api::FieldRef{.api_version = "", .field_path = "status.phase"}}};
           }},
          {nullptr,
           [](J& j) {
             Main(j).env = {{.name = "A",
                             .value = "",
                             .value_from = api::FieldRef{.api_version = "",
                                                         .field_path = "metadata.labels['job-name']"}}};
           }},
          {"spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef.key: Required value",
           [](J& j) {
             Main(j).env = {
                 {.name = "A",
                  .value = "",
                  .value_from = api::ConfigMapKeyRef{{.name = "c", .key = "", .optional = false}}}};
           }},
          {"spec.template.spec.containers[0].envFrom[0].secretRef.name: Required value",
           [](J& j) {
             Main(j).env_from = {{.prefix = "",
                                  .source = api::EnvFromSource::Source::kSecret,
                                  .name = "",
                                  .optional = false}};
           }},
          {"spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 "
           "and 65535, inclusive",
           [](J& j) { Main(j).ports = {{.name = "", .container_port = 65536, .protocol = ""}}; }},
          {"spec.template.spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or "
           "equal to 0",
           [](J& j) { j.spec.pod_template.spec.termination_grace_period_seconds = -1; }},
          {"spec.template.spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, "
           "inclusive",
           [](J& j) { j.spec.pod_template.spec.active_deadline_seconds = 0; }},
      });
}

TEST(ValidatePod, Resources) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.template.spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or "
           "equal to cpu limit of 1",
           [](J& j) {
             Main(j).resources = {.limits = {{"cpu", "1"}}, .requests = {{"cpu", "2"}}};
           }},
          {nullptr,
           [](J& j) {
             Main(j).resources = {.limits = {{"memory", "1Gi"}}, .requests = {{"memory", "1024Mi"}}};
           }},
          {"spec.template.spec.containers[0].resources.requests[cpu]: Invalid value: \"lots\": quantities "
           "must match the regular expression "
           "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
           [](J& j) {
             Main(j).resources.requests = {{"cpu", "lots"}};
           }},
          {"spec.template.spec.containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be greater "
           "than or equal to 0",
           [](J& j) {
             Main(j).resources.requests = {{"cpu", "-1"}};
           }},
      });
}

// A mount of a claim: the one that is there, or a new one.
api::VolumeMount& Mount(api::Job& job) {
  if (job.spec.pod_template.spec.volumes.empty()) {
    job.spec.pod_template.spec.volumes = {{.name = "v", .claim = api::ClaimVolumeSource{.claim_name = "c"}}};
    Main(job).volume_mounts = {{.name = "v", .mount_path = "/v"}};
  }
  return Main(job).volume_mounts[0];
}

TEST(ValidatePod, Volumes) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"v\"",
           [](J& j) {
             Main(j).volume_mounts = {{.name = "v", .mount_path = "/v", .sub_path = "", .read_only = false}};
           }},
          {"spec.template.spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/v\": must be "
           "unique",
           [](J& j) {
             j.spec.pod_template.spec.volumes = {{.name = "v", .source_json = "{}"}};
             Main(j).volume_mounts = std::vector<api::VolumeMount>(
                 2, {.name = "v", .mount_path = "/v", .sub_path = "", .read_only = false});
           }},
          {"spec.template.spec.containers[0].volumeMounts[0].subPath: Invalid value: \"/a\": must be a "
           "relative path",
           [](J& j) { Mount(j).sub_path = "/a"; }},
          {"spec.template.spec.containers[0].volumeMounts[0].subPath: Invalid value: \"a/..\": must not "
           "contain '..'",
           [](J& j) { Mount(j).sub_path = "a/.."; }},
          {"spec.template.spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: \"../$(X)\": must "
           "not "
           "contain '..'",
           [](J& j) { Mount(j).sub_path_expr = "../$(X)"; }},
          {"spec.template.spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: \"b\": subPathExpr "
           "and "
           "subPath are mutually exclusive",
           [](J& j) {
             Mount(j).sub_path = "a..b";
             Mount(j).sub_path_expr = "b";
           }},
          {"spec.template.spec.volumes[0].persistentVolumeClaim.claimName: Required value",
           [](J& j) {
             Mount(j);
             j.spec.pod_template.spec.volumes[0].claim->claim_name.clear();
           }},
          {"spec.template.spec.volumes[0].persistentVolumeClaim: Forbidden: may not specify more than 1 "
           "volume type",
           [](J& j) {
             Mount(j);
             j.spec.pod_template.spec.volumes[0].source_json = R"({"emptyDir":{}})";
           }},
          {"spec.template.spec.volumes[1].name: Duplicate value: \"v\"",
           [](J& j) {
             j.spec.pod_template.spec.volumes =
                 std::vector<api::Volume>(2, {.name = "v", .source_json = "{}"});
           }},
      });
}

TEST(ValidatePod, HostAliases) {
  using J = api::Job;
  ExpectErrors<J>(
      GoodJob(),
      {
          {"spec.template.spec.hostAliases[0].ip: Invalid value: \"localhost\": must be a valid IP address, "
           "(e.g. "
           "10.9.8.7 or 2001:db8::ffff)",
           [](J& j) { j.spec.pod_template.spec.host_aliases = {{.ip = "localhost", .hostnames = {"a"}}}; }},
          {"spec.template.spec.hostAliases[1].hostnames[1]: Invalid value: \"b c\": a lowercase RFC 1123 "
           "subdomain must "
           "consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
           "alphanumeric "
           "character (e.g. 'example.com', regex used for validation is "
           "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
           [](J& j) {
             j.spec.pod_template.spec.host_aliases = {{.ip = "::1"},
                                                      {.ip = "10.0.0.1", .hostnames = {"a", "b c"}}};
           }},
      });
}

}  // namespace
}  // namespace belfry::manifest
