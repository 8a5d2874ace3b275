// core/v1 ConfigMap and Secret.
#pragma once

#include <optional>
#include <string>

#include "agent/api/meta.h"

namespace belfry::api {

struct ConfigMap {
  static constexpr Kind kKind = Kind::kConfigMap;
  ObjectMeta metadata;
  StringMap data;
  StringMap binary_data;  // decoded bytes
  std::optional<bool> immutable;
  Kept kept;

  bool operator==(const ConfigMap&) const = default;
};

struct Secret {
  static constexpr Kind kKind = Kind::kSecret;
  ObjectMeta metadata;
  StringMap data;  // decoded bytes; `stringData` of a manifest is merged in
  std::string type;
  std::optional<bool> immutable;
  Kept kept;

  bool operator==(const Secret&) const = default;
};

}  // namespace belfry::api
