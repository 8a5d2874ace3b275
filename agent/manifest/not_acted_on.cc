#include "agent/manifest/not_acted_on.h"

#include <algorithm>

#include "agent/manifest/field_errors.h"

namespace belfry::manifest {
namespace {

// Of service meshes: on a cluster a webhook answers to them.
bool AsksAMesh(std::string_view annotation) {
  static constexpr std::string_view kDomains[] = {"istio.io", "linkerd.io", "consul.hashicorp.com",
                                                  "kuma.io"};
  const std::string_view domain = annotation.substr(0, annotation.find('/'));
  if (domain.size() == annotation.size()) return false;
  return std::ranges::any_of(kDomains, [&](std::string_view mesh) {
    return domain == mesh || (domain.ends_with(mesh) && domain[domain.size() - mesh.size() - 1] == '.');
  });
}

class Collector {
 public:
  explicit Collector(std::vector<std::string>& paths) : paths_(paths) {}

  void Meta(const api::ObjectMeta& meta, const std::string& path) {
    for (const auto& [key, value] : meta.annotations) {
      if (AsksAMesh(key)) paths_.push_back(path + ".annotations[" + key + "]");
    }
  }

  void Pod(const api::PodSpec& spec, const std::string& path) {
    for (size_t i = 0; i < spec.volumes.size(); ++i) {
      if (!spec.volumes[i].claim) paths_.push_back(At(path + ".volumes", i));
    }
    Containers(spec, spec.init_containers, path + ".initContainers");
    Containers(spec, spec.containers, path + ".containers");
    if (!spec.node_name.empty()) paths_.push_back(path + ".nodeName");
    if (!spec.subdomain.empty()) paths_.push_back(path + ".subdomain");
  }

  void Template(const api::PodTemplateSpec& pattern, const std::string& path) {
    Meta(pattern.metadata, path + ".metadata");
    if (!pattern.metadata.finalizers.empty()) paths_.push_back(path + ".metadata.finalizers");
    Pod(pattern.spec, path + ".spec");
  }

  void Kind(const api::Job& job) { Template(job.spec.pod_template, "spec.template"); }
  void Kind(const api::CronJob& cronjob) {
    Meta(cronjob.spec.job_template.metadata, "spec.jobTemplate.metadata");
    Template(cronjob.spec.job_template.spec.pod_template, "spec.jobTemplate.spec.template");
  }
  void Kind(const api::Pod& pod) { Pod(pod.spec, "spec"); }
  void Kind(const api::ConfigMap&) {}
  void Kind(const api::Secret&) {}
  void Kind(const api::PrometheusRule&) {}
  void Kind(const api::Event&) {}
  void Kind(const api::PersistentVolumeClaim& claim) {
    if (!claim.resources.requests.empty()) paths_.push_back("spec.resources.requests");
    if (!claim.resources.limits.empty()) paths_.push_back("spec.resources.limits");
  }

 private:
  static bool MountsClaimsAlone(const api::PodSpec& spec, const api::Container& container) {
    return std::ranges::all_of(container.volume_mounts, [&](const api::VolumeMount& mount) {
      const auto volume = std::ranges::find(spec.volumes, mount.name, &api::Volume::name);
      return volume != spec.volumes.end() && volume->claim;
    });
  }

  void Containers(const api::PodSpec& spec, const std::vector<api::Container>& containers,
                  const std::string& path) {
    for (size_t i = 0; i < containers.size(); ++i) {
      const std::string at = At(path, i);
      if (!MountsClaimsAlone(spec, containers[i])) paths_.push_back(at + ".volumeMounts");
      if (!containers[i].resources.limits.empty()) paths_.push_back(at + ".resources.limits");
      if (!containers[i].resources.requests.empty()) paths_.push_back(at + ".resources.requests");
    }
  }

  std::vector<std::string>& paths_;
};

}  // namespace

std::vector<std::string> NotActedOn(const api::Object& object) {
  std::vector<std::string> paths;
  for (const auto& [path, json] : api::KeptOf(object)) paths.push_back(path);
  Collector collector(paths);
  collector.Meta(api::MetaOf(object), "metadata");
  std::visit([&](const auto& pointer) { collector.Kind(*pointer); }, object);
  std::ranges::sort(paths);
  return paths;
}

}  // namespace belfry::manifest
