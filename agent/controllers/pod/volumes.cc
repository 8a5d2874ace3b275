#include "agent/controllers/pod/volumes.h"

#include <algorithm>

namespace belfry::controllers {
namespace {

std::string ClaimText(const std::string& name) { return "persistentvolumeclaim \"" + name + "\""; }

// `{"hostPath":{…` → `hostPath`.
std::string TypeOf(const api::Volume& volume) {
  const size_t begin = volume.source_json.find('"');
  const size_t end = volume.source_json.find('"', begin + 1);
  return end == std::string::npos ? "unknown" : volume.source_json.substr(begin + 1, end - begin - 1);
}

Error NoSuchType(const api::Container& container, const api::VolumeMount& mount, const std::string& type) {
  return {Code::kUnsupported,
          "container \"" + container.name + "\" mounts volume \"" + mount.name + "\" at " + mount.mount_path +
              ": this version of belfry has no volumes of type " + type + ", only persistentVolumeClaim"};
}

Result<std::string> SubPath(const api::VolumeMount& mount, const Environment& environment) {
  if (mount.sub_path_expr.empty()) return mount.sub_path;
  auto path = ExpandKnown(mount.sub_path_expr, environment);
  if (path.ok() && api::StaysBelow(*path)) return path;
  const std::string why = path.ok() ? "\"" + *path + "\" leads out of the volume" : path.error().message;
  return Error{Code::kInvalid, "subPathExpr \"" + mount.sub_path_expr + "\": " + why};
}

}  // namespace

std::string UnboundClaim(const api::Pod& pod, const ConfigSource& config) {
  for (const api::Volume& volume : pod.spec.volumes) {
    if (!volume.claim) continue;
    const auto claim = config.claim(volume.claim->claim_name);
    if (!claim) return ClaimText(volume.claim->claim_name) + " not found";
    if (claim->metadata.deletion_timestamp) return ClaimText(volume.claim->claim_name) + " is being deleted";
  }
  return {};
}

Result<std::vector<runtime::Mount>> PlanVolumes(const api::Pod& pod, const api::Container& container,
                                                const Environment& environment,
                                                const runtime::ClaimFolders& claims) {
  std::vector<runtime::Mount> mounts;
  for (const api::VolumeMount& mount : container.volume_mounts) {
    const auto volume = std::ranges::find(pod.spec.volumes, mount.name, &api::Volume::name);
    if (volume == pod.spec.volumes.end()) return NoSuchType(container, mount, "unknown");
    if (!volume->claim) return NoSuchType(container, mount, TypeOf(*volume));
    ASSIGN_OR_RETURN(const std::string sub_path, SubPath(mount, environment));
    const runtime::ClaimFolder folder = claims.Find(pod.metadata.ns, volume->claim->claim_name);
    mounts.push_back({.source = sub_path.empty() ? folder.path : folder.path + "/" + sub_path,
                      .target = mount.mount_path.starts_with('/') ? mount.mount_path : "/" + mount.mount_path,
                      .read_only = mount.read_only || volume->claim->read_only,
                      .make_source = folder.ours || !sub_path.empty()});
  }
  return mounts;
}

}  // namespace belfry::controllers
