// core/v1 Container: one program of a pod, as it is wanted.
// Source: kubernetes/api core/v1 as of 1.34.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "agent/api/meta.h"

namespace belfry::api {

// A reference to one key of a ConfigMap or Secret.
struct KeySelector {
  std::string name;
  std::string key;
  bool optional = false;

  bool operator==(const KeySelector&) const = default;
};

struct FieldRef {
  std::string api_version;  // "v1" or empty
  std::string field_path;

  bool operator==(const FieldRef&) const = default;
};

struct ResourceFieldRef {
  std::string container_name;
  std::string resource;  // "limits.cpu", …
  std::string divisor;

  bool operator==(const ResourceFieldRef&) const = default;
};

struct ConfigMapKeyRef : KeySelector {
  bool operator==(const ConfigMapKeyRef&) const = default;
};
struct SecretKeyRef : KeySelector {
  bool operator==(const SecretKeyRef&) const = default;
};

struct EnvVar {
  std::string name;
  std::string value;
  // monostate: `value` holds.
  std::variant<std::monostate, FieldRef, ResourceFieldRef, ConfigMapKeyRef, SecretKeyRef> value_from;

  bool operator==(const EnvVar&) const = default;
};

struct EnvFromSource {
  enum class Source { kConfigMap, kSecret };
  std::string prefix;
  Source source = Source::kConfigMap;
  std::string name;
  bool optional = false;

  bool operator==(const EnvFromSource&) const = default;
};

struct VolumeMount {
  std::string name;
  std::string mount_path;
  std::string sub_path;
  std::string sub_path_expr;  // $(NAME) is replaced; instead of sub_path
  bool read_only = false;

  bool operator==(const VolumeMount&) const = default;
};

// Whether a sub path leads nowhere but below its volume: relative, without `..`.
bool StaysBelow(std::string_view sub_path);

struct ResourceRequirements {
  StringMap limits;  // resource name → quantity text
  StringMap requests;

  bool operator==(const ResourceRequirements&) const = default;
};

struct ContainerPort {
  std::string name;
  int32_t container_port = 0;
  std::string protocol;

  bool operator==(const ContainerPort&) const = default;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::vector<EnvFromSource> env_from;
  std::vector<EnvVar> env;
  std::vector<ContainerPort> ports;
  ResourceRequirements resources;
  std::vector<VolumeMount> volume_mounts;
  std::string restart_policy;  // init containers only: "Always" makes it a sidecar

  bool operator==(const Container&) const = default;
};

}  // namespace belfry::api
