#include "agent/manifest/wire.h"

namespace belfry::manifest {

EnvVarSourceShape Wire<EnvVarSource>::From(const EnvVarSource& source) {
  Shape shape;
  if (const auto* field = std::get_if<api::FieldRef>(&source)) shape.field = *field;
  if (const auto* resource = std::get_if<api::ResourceFieldRef>(&source)) shape.resource_field = *resource;
  if (const auto* config = std::get_if<api::ConfigMapKeyRef>(&source)) shape.config_map_key = *config;
  if (const auto* secret = std::get_if<api::SecretKeyRef>(&source)) shape.secret_key = *secret;
  return shape;
}

EnvVarSource Wire<EnvVarSource>::Into(Shape shape, Reader& at) {
  const int given = shape.field.has_value() + shape.resource_field.has_value() +
                    shape.config_map_key.has_value() + shape.secret_key.has_value();
  if (given == 0) {
    at.Fail({},
            "Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
            "`secretKeyRef`");
  }
  if (given > 1) at.Fail({}, "Invalid value: \"\": may not have more than one field specified at a time");
  if (shape.field) return std::move(*shape.field);
  if (shape.resource_field) return std::move(*shape.resource_field);
  if (shape.config_map_key) return std::move(*shape.config_map_key);
  if (shape.secret_key) return std::move(*shape.secret_key);
  return std::monostate();
}

EnvFromShape Wire<api::EnvFromSource>::From(const api::EnvFromSource& source) {
  Shape shape{.prefix = source.prefix, .config_map = {}, .secret = {}};
  auto& ref = source.source == api::EnvFromSource::Source::kConfigMap ? shape.config_map : shape.secret;
  ref = EnvFromRef{.name = source.name, .optional = source.optional};
  return shape;
}

api::EnvFromSource Wire<api::EnvFromSource>::Into(Shape shape, Reader& at) {
  if (!shape.config_map && !shape.secret) {
    at.Fail({}, "Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`");
    return {};
  }
  if (shape.config_map && shape.secret)
    at.Fail({}, "Invalid value: \"\": may not have more than one field specified at a time");
  const bool secret = !shape.config_map;
  EnvFromRef& ref = secret ? *shape.secret : *shape.config_map;
  return {.prefix = std::move(shape.prefix),
          .source = secret ? api::EnvFromSource::Source::kSecret : api::EnvFromSource::Source::kConfigMap,
          .name = std::move(ref.name),
          .optional = ref.optional};
}

ContainerStateShape Wire<api::ContainerState>::From(const api::ContainerState& state) {
  Shape shape;
  if (const auto* waiting = std::get_if<api::ContainerWaiting>(&state)) shape.waiting = *waiting;
  if (const auto* running = std::get_if<api::ContainerRunning>(&state)) shape.running = *running;
  if (const auto* terminated = std::get_if<api::ContainerTerminated>(&state)) shape.terminated = *terminated;
  return shape;
}

api::ContainerState Wire<api::ContainerState>::Into(Shape shape, Reader&) {
  if (shape.terminated) return std::move(*shape.terminated);
  if (shape.running) return *shape.running;
  if (shape.waiting) return std::move(*shape.waiting);
  return api::ContainerWaiting{};
}

}  // namespace belfry::manifest
