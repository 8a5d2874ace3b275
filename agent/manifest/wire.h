// Where the text has another shape than the value: unions that Kubernetes writes as an object with one member
// set.
#pragma once

#include <optional>
#include <string>

#include "agent/manifest/fields.h"
#include "agent/manifest/reader.h"

namespace belfry::manifest {

using EnvVarSource = decltype(api::EnvVar::value_from);

struct EnvVarSourceShape {
  std::optional<api::FieldRef> field;
  std::optional<api::ResourceFieldRef> resource_field;
  std::optional<api::ConfigMapKeyRef> config_map_key;
  std::optional<api::SecretKeyRef> secret_key;
};

template <>
struct Wire<EnvVarSource> {
  using Shape = EnvVarSourceShape;
  static bool IsEmpty(const EnvVarSource& source) { return std::holds_alternative<std::monostate>(source); }
  static Shape From(const EnvVarSource& source);
  // Errors: two or none of them given.
  static EnvVarSource Into(Shape shape, Reader& at);
};

struct EnvFromRef {
  std::string name;
  bool optional = false;
};
struct EnvFromShape {
  std::string prefix;
  std::optional<EnvFromRef> config_map;
  std::optional<EnvFromRef> secret;
};

template <>
struct Wire<api::EnvFromSource> {
  using Shape = EnvFromShape;
  static bool IsEmpty(const api::EnvFromSource&) { return false; }
  static Shape From(const api::EnvFromSource& source);
  // Errors: two or none of them given.
  static api::EnvFromSource Into(Shape shape, Reader& at);
};

struct ContainerStateShape {
  std::optional<api::ContainerWaiting> waiting;
  std::optional<api::ContainerRunning> running;
  std::optional<api::ContainerTerminated> terminated;
};

template <>
struct Wire<api::ContainerState> {
  using Shape = ContainerStateShape;
  static bool IsEmpty(const api::ContainerState&) { return false; }
  static Shape From(const api::ContainerState& state);
  // None given: waiting.
  static api::ContainerState Into(Shape shape, Reader& at);
};

}  // namespace belfry::manifest
