// Field names of core/v1 containers. Source: kubernetes/api core/v1 as of 1.34.
#pragma once

#include "agent/manifest/fields_meta.h"
#include "agent/manifest/wire.h"

namespace belfry::manifest {

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

template <class V, Is<EnvFromRef> T>
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
  v.Field("subPathExpr", mount.sub_path_expr);
  v.Kept("mountPropagation", "recursiveReadOnly");
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

}  // namespace belfry::manifest
