// core/v1 PersistentVolumeClaim: data that stays when pods go.
#pragma once

#include <string>
#include <vector>

#include "agent/api/container.h"

namespace belfry::api {

struct PersistentVolumeClaim {
  static constexpr Kind kKind = Kind::kPersistentVolumeClaim;
  ObjectMeta metadata;
  std::vector<std::string> access_modes;
  ResourceRequirements resources;  // requests.storage: a wish, nothing holds the folder to it
  std::string phase;               // Bound: on one host every claim has its folder
  Kept kept;

  bool operator==(const PersistentVolumeClaim&) const = default;
};

}  // namespace belfry::api
