// Field names of core/v1 pods. Source: kubernetes/api core/v1 as of 1.34.
#pragma once

#include "agent/manifest/fields_meta.h"
#include "agent/manifest/wire.h"

namespace belfry::manifest {

template <>
struct Names<api::PodPhase> {
  static constexpr std::string_view kAll[] = {"Pending", "Running", "Succeeded", "Failed", "Unknown"};
};

template <class V, Is<api::FieldRef> T>
void Fields(V& v, T& ref) {
  v.Field("apiVersion", ref.api_version);
  v.Always("fieldPath", ref.field_path);
}

template <class V, Is<api::ResourceFieldRef> T>
void Fields(V& v, T& ref) {
  v.Field("containerName", ref.container_name);
  v.Always("resource", ref.resource);
  v.Loose("divisor", ref.divisor);
}

template <class V, class T>
requires Is<T, api::ConfigMapKeyRef> || Is<T, api::SecretKeyRef>
void Fields(V& v, T& ref) {
  v.Field("name", ref.name);
  v.Always("key", ref.key);
  v.Field("optional", ref.optional);
}

template <class V, Is<EnvVarSourceShape> T>
void Fields(V& v, T& source) {
  v.Field("fieldRef", source.field);
  v.Field("resourceFieldRef", source.resource_field);
  v.Field("configMapKeyRef", source.config_map_key);
  v.Field("secretKeyRef", source.secret_key);
  v.Kept("fileKeyRef");
}

template <class V, Is<api::EnvVar> T>
void Fields(V& v, T& env) {
  v.Always("name", env.name);
  v.Field("value", env.value);
  v.Field("valueFrom", env.value_from);
}

template <class V, Is<EnvFromShape::Ref> T>
void Fields(V& v, T& ref) {
  v.Field("name", ref.name);
  v.Field("optional", ref.optional);
}

template <class V, Is<EnvFromShape> T>
void Fields(V& v, T& source) {
  v.Field("prefix", source.prefix);
  v.Field("configMapRef", source.config_map);
  v.Field("secretRef", source.secret);
}

template <class V, Is<api::VolumeMount> T>
void Fields(V& v, T& mount) {
  v.Always("name", mount.name);
  v.Field("readOnly", mount.read_only);
  v.Always("mountPath", mount.mount_path);
  v.Field("subPath", mount.sub_path);
  v.Kept("subPathExpr", "mountPropagation", "recursiveReadOnly");
}

template <class V, Is<api::ResourceRequirements> T>
void Fields(V& v, T& resources) {
  v.Quantities("limits", resources.limits);
  v.Quantities("requests", resources.requests);
  v.Kept("claims");
}

template <class V, Is<api::ContainerPort> T>
void Fields(V& v, T& port) {
  v.Field("name", port.name);
  v.Always("containerPort", port.container_port);
  v.Field("protocol", port.protocol);
  v.Kept("hostPort", "hostIP");
}

template <class V, Is<api::Container> T>
void Fields(V& v, T& container) {
  v.Always("name", container.name);
  v.Field("image", container.image);
  v.Field("command", container.command);
  v.Field("args", container.args);
  v.Field("workingDir", container.working_dir);
  v.Field("ports", container.ports);
  v.Field("envFrom", container.env_from);
  v.Field("env", container.env);
  v.Field("resources", container.resources);
  v.Field("restartPolicy", container.restart_policy);
  v.Field("volumeMounts", container.volume_mounts);
  v.Kept("restartPolicyRules", "resizePolicy", "volumeDevices", "livenessProbe", "readinessProbe",
         "startupProbe", "lifecycle", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy",
         "securityContext", "stdin", "stdinOnce", "tty");
}

template <class V, Is<api::PodSpec> T>
void Fields(V& v, T& spec) {
  v.Field("volumes", spec.volumes);
  v.Field("initContainers", spec.init_containers);
  v.Always("containers", spec.containers);
  v.Field("restartPolicy", spec.restart_policy);
  v.Field("terminationGracePeriodSeconds", spec.termination_grace_period_seconds);
  v.Field("activeDeadlineSeconds", spec.active_deadline_seconds);
  v.Field("serviceAccountName", spec.service_account_name);
  v.Field("nodeName", spec.node_name);
  v.Field("hostname", spec.hostname);
  v.Field("subdomain", spec.subdomain);
  v.Kept("ephemeralContainers", "dnsPolicy", "nodeSelector", "serviceAccount", "automountServiceAccountToken",
         "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "securityContext", "imagePullSecrets",
         "affinity", "schedulerName", "tolerations", "hostAliases", "priorityClassName", "priority",
         "dnsConfig", "readinessGates", "runtimeClassName", "enableServiceLinks", "preemptionPolicy",
         "overhead", "topologySpreadConstraints", "setHostnameAsFQDN", "os", "hostUsers", "schedulingGates",
         "resourceClaims", "resources", "hostnameOverride", "workloadRef");
}

template <class V, Is<api::PodTemplateSpec> T>
void Fields(V& v, T& pattern) {
  v.Field("metadata", pattern.metadata);
  v.Always("spec", pattern.spec);
}

template <class V, Is<api::ContainerWaiting> T>
void Fields(V& v, T& state) {
  v.Field("reason", state.reason);
  v.Field("message", state.message);
}

template <class V, Is<api::ContainerRunning> T>
void Fields(V& v, T& state) {
  v.Always("startedAt", state.started_at);
}

template <class V, Is<api::ContainerTerminated> T>
void Fields(V& v, T& state) {
  v.Always("exitCode", state.exit_code);
  v.Field("signal", state.signal);
  v.Field("reason", state.reason);
  v.Field("message", state.message);
  v.Field("startedAt", state.started_at);
  v.Field("finishedAt", state.finished_at);
  v.Ignored("containerID");
}

template <class V, Is<ContainerStateShape> T>
void Fields(V& v, T& state) {
  v.Field("waiting", state.waiting);
  v.Field("running", state.running);
  v.Field("terminated", state.terminated);
}

template <class V, Is<api::ContainerStatus> T>
void Fields(V& v, T& status) {
  v.Always("name", status.name);
  v.Field("state", status.state);
  v.Group("lastState", [&](auto& last) {
    last.Field("terminated", status.last_state);
    last.Ignored("waiting", "running");
  });
  v.Always("ready", status.ready);
  v.Always("restartCount", status.restart_count);
  v.Always("image", status.image);
  v.Always("imageID", status.image_id);
  v.Field("containerID", status.container_id);
  v.Field("started", status.started);
  v.Ignored("allocatedResources", "resources", "volumeMounts", "user", "allocatedResourcesStatus",
            "stopSignal");
}

template <class V, Is<api::PodStatus> T>
void Fields(V& v, T& status) {
  v.Always("phase", status.phase);
  v.Field("conditions", status.conditions);
  v.Field("message", status.message);
  v.Field("reason", status.reason);
  v.Field("hostIP", status.host_ip);
  v.Field("podIP", status.pod_ip);
  v.Field("startTime", status.start_time);
  v.Field("initContainerStatuses", status.init_container_statuses);
  v.Field("containerStatuses", status.container_statuses);
  v.Ignored("observedGeneration", "nominatedNodeName", "hostIPs", "podIPs", "qosClass",
            "ephemeralContainerStatuses", "resize", "resourceClaimStatuses", "extendedResourceClaimStatus");
}

template <class V, Is<api::Pod> T>
void Fields(V& v, T& pod) {
  v.Always("metadata", pod.metadata);
  v.Always("spec", pod.spec);
  v.Always("status", pod.status);
}

}  // namespace belfry::manifest
