// PersistentVolumeClaims. Source: kubernetes pkg/apis/core/validation ValidatePersistentVolumeClaimSpec, as
// of 1.34.
#include <algorithm>

#include "agent/api/quantity.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr std::string_view kAlone = "ReadWriteOncePod";
constexpr std::string_view kModes[] = {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", kAlone};

void ValidateModes(const std::vector<std::string>& modes, FieldErrors& errors) {
  const std::string path = "spec.accessModes";
  if (modes.empty()) errors.Required(path, "at least 1 access mode is required");
  for (const std::string& mode : modes) {
    if (std::ranges::find(kModes, mode) == std::end(kModes)) errors.Unsupported(path, mode, kModes);
  }
  const bool alone = std::ranges::all_of(modes, [](const std::string& mode) { return mode == kAlone; });
  if (!alone && std::ranges::find(modes, kAlone) != modes.end())
    errors.Forbidden(path, "may not use ReadWriteOncePod with other access modes");
}

}  // namespace

void ValidateClaim(const api::PersistentVolumeClaim& claim, FieldErrors& errors) {
  ValidateModes(claim.access_modes, errors);
  ValidateResources(claim.resources, "spec.resources", errors);
  const std::string path = "spec.resources[storage]";
  const auto storage = claim.resources.requests.find("storage");
  if (storage == claim.resources.requests.end()) return errors.Required(path);
  const auto size = api::ParseQuantity(storage->second);
  if (size.ok() && *size == 0) errors.Invalid(path, storage->second, "must be greater than zero");
}

}  // namespace belfry::manifest
