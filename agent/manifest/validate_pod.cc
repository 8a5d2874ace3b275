#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "agent/api/quantity.h"
#include "agent/base/ip_address.h"
#include "agent/manifest/names.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr std::string_view kQuantityText =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

void CheckName(std::string (*check)(std::string_view), const std::string& path, const std::string& name,
               FieldErrors& errors) {
  if (name.empty()) {
    errors.Required(path);
  } else if (const std::string wrong = check(name); !wrong.empty()) {
    errors.Invalid(path, name, wrong);
  }
}

void CheckIfGiven(std::string (*check)(std::string_view), const std::string& path, const std::string& name,
                  FieldErrors& errors) {
  if (!name.empty()) CheckName(check, path, name, errors);
}

void ValidateFieldRef(const api::FieldRef& ref, const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kSupported[] = {
      "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
      "status.hostIP", "status.hostIPs",     "status.podIP", "status.podIPs"};
  const std::string& field = ref.field_path;
  if (field.empty()) return errors.Required(path);
  const bool subscript =
      (field.starts_with("metadata.labels['") || field.starts_with("metadata.annotations['")) &&
      field.ends_with("']");
  if (!subscript && std::ranges::find(kSupported, field) == std::end(kSupported))
    errors.Unsupported(path, field, kSupported);
}

void ValidateResourceFieldRef(const api::ResourceFieldRef& ref, const std::string& path,
                              FieldErrors& errors) {
  static constexpr std::string_view kSupported[] = {
      "limits.cpu",   "limits.ephemeral-storage",   "limits.memory",
      "requests.cpu", "requests.ephemeral-storage", "requests.memory"};
  if (ref.resource.empty()) return errors.Required(path + ".resource");
  const bool huge =
      ref.resource.starts_with("limits.hugepages-") || ref.resource.starts_with("requests.hugepages-");
  if (!huge && std::ranges::find(kSupported, ref.resource) == std::end(kSupported)) {
    errors.Unsupported(path + ".resource", ref.resource, kSupported);
  }
  if (ref.divisor.empty() || ref.divisor == "0") return;
  const auto divisor = api::ParseQuantity(ref.divisor);
  if (!divisor.ok() || *divisor <= 0) {
    errors.Invalid(path + ".divisor", ref.divisor, kQuantityText);
  } else if (ref.resource.ends_with(".cpu") && ref.divisor != "1" && ref.divisor != "1m") {
    errors.Invalid(path + ".divisor", ref.divisor,
                   "only divisor's values 1m and 1 are supported with the cpu resource");
  }
}

void ValidateKeySelector(const api::KeySelector& selector, const std::string& path, FieldErrors& errors) {
  if (selector.name.empty()) errors.Required(path + ".name");
  CheckName(CheckConfigKey, path + ".key", selector.key, errors);
}

void ValidateEnv(const api::EnvVar& env, const std::string& path, FieldErrors& errors) {
  CheckName(CheckEnvVarName, path + ".name", env.name, errors);
  const std::string from = path + ".valueFrom";
  if (!env.value.empty() && !std::holds_alternative<std::monostate>(env.value_from)) {
    errors.Invalid(from, "", "may not be specified when `value` is not empty");
  }
  if (const auto* field = std::get_if<api::FieldRef>(&env.value_from))
    ValidateFieldRef(*field, from + ".fieldRef.fieldPath", errors);
  if (const auto* resource = std::get_if<api::ResourceFieldRef>(&env.value_from)) {
    ValidateResourceFieldRef(*resource, from + ".resourceFieldRef", errors);
  }
  if (const auto* config = std::get_if<api::ConfigMapKeyRef>(&env.value_from))
    ValidateKeySelector(*config, from + ".configMapKeyRef", errors);
  if (const auto* secret = std::get_if<api::SecretKeyRef>(&env.value_from))
    ValidateKeySelector(*secret, from + ".secretKeyRef", errors);
}

void ValidateEnvFrom(const api::EnvFromSource& source, const std::string& path, FieldErrors& errors) {
  CheckIfGiven(CheckEnvVarName, path + ".prefix", source.prefix, errors);
  const bool config = source.source == api::EnvFromSource::Source::kConfigMap;
  CheckName(CheckDnsSubdomain, path + (config ? ".configMapRef.name" : ".secretRef.name"), source.name,
            errors);
}

void ValidateQuantities(const api::StringMap& quantities, const std::string& path, FieldErrors& errors) {
  for (const auto& [resource, text] : quantities) {
    const std::string at = path + "[" + resource + "]";
    if (const std::string wrong = CheckQualifiedName(resource); !wrong.empty())
      errors.Invalid(at, resource, wrong);
    const auto quantity = api::ParseQuantity(text);
    if (!quantity.ok()) {
      errors.Invalid(at, text, kQuantityText);
    } else if (*quantity < 0) {
      errors.Invalid(at, text, "must be greater than or equal to 0");
    }
  }
}

void ValidatePorts(const std::vector<api::ContainerPort>& ports, const std::string& path,
                   FieldErrors& errors) {
  static constexpr std::string_view kProtocols[] = {"SCTP", "TCP", "UDP"};
  for (size_t i = 0; i < ports.size(); ++i) {
    const std::string at = At(path, i);
    if (ports[i].container_port == 0) {
      errors.Required(at + ".containerPort");
    } else if (ports[i].container_port < 1 || ports[i].container_port > 65535) {
      errors.Invalid(at + ".containerPort", ports[i].container_port,
                     "must be between 1 and 65535, inclusive");
    }
    if (!ports[i].protocol.empty() &&
        std::ranges::find(kProtocols, ports[i].protocol) == std::end(kProtocols)) {
      errors.Unsupported(at + ".protocol", ports[i].protocol, kProtocols);
    }
  }
}

std::string CheckSubPath(std::string_view path) {
  if (api::StaysBelow(path)) return {};
  return path.starts_with('/') ? "must be a relative path" : "must not contain '..'";
}

void ValidateMounts(const api::PodSpec& spec, const api::Container& container, const std::string& path,
                    FieldErrors& errors) {
  std::set<std::string> paths;
  for (size_t i = 0; i < container.volume_mounts.size(); ++i) {
    const api::VolumeMount& mount = container.volume_mounts[i];
    const std::string at = At(path + ".volumeMounts", i);
    if (mount.name.empty()) {
      errors.Required(at + ".name");
    } else if (std::ranges::find(spec.volumes, mount.name, &api::Volume::name) == spec.volumes.end()) {
      errors.NotFound(at + ".name", mount.name);
    }
    if (mount.mount_path.empty()) {
      errors.Required(at + ".mountPath");
    } else if (!paths.insert(mount.mount_path).second) {
      errors.Invalid(at + ".mountPath", mount.mount_path, "must be unique");
    }
    CheckIfGiven(CheckSubPath, at + ".subPath", mount.sub_path, errors);
    if (!mount.sub_path.empty() && !mount.sub_path_expr.empty())
      errors.Invalid(at + ".subPathExpr", mount.sub_path_expr,
                     "subPathExpr and subPath are mutually exclusive");
    CheckIfGiven(CheckSubPath, at + ".subPathExpr", mount.sub_path_expr, errors);
  }
}

void ValidateOneSource(const api::Volume& volume, const std::string& path, FieldErrors& errors) {
  const auto others = nlohmann::ordered_json::parse(volume.source_json, nullptr, false);
  bool first = true;
  for (const auto& other : others.items()) {
    if (!std::exchange(first, false))
      errors.Forbidden(path + "." + other.key(), "may not specify more than 1 volume type");
  }
  if (volume.claim && !first)
    errors.Forbidden(path + ".persistentVolumeClaim", "may not specify more than 1 volume type");
}

void ValidateVolumes(const api::PodSpec& spec, const std::string& path, FieldErrors& errors) {
  std::set<std::string> names;
  for (size_t i = 0; i < spec.volumes.size(); ++i) {
    const std::string at = At(path, i) + ".name";
    CheckName(CheckDnsLabel, at, spec.volumes[i].name, errors);
    if (!spec.volumes[i].name.empty() && !names.insert(spec.volumes[i].name).second)
      errors.Duplicate(at, spec.volumes[i].name);
    ValidateOneSource(spec.volumes[i], At(path, i), errors);
    if (!spec.volumes[i].claim) continue;
    const std::string source = At(path, i) + ".persistentVolumeClaim";
    if (spec.volumes[i].claim->claim_name.empty()) errors.Required(source + ".claimName");
  }
}

void ValidateHostAliases(const std::vector<api::HostAlias>& aliases, const std::string& path,
                         FieldErrors& errors) {
  for (size_t i = 0; i < aliases.size(); ++i) {
    const std::string at = At(path, i);
    if (!IsIpAddress(aliases[i].ip)) {
      errors.Invalid(at + ".ip", aliases[i].ip,
                     "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
    for (size_t j = 0; j < aliases[i].hostnames.size(); ++j) {
      const std::string& name = aliases[i].hostnames[j];
      if (const std::string wrong = CheckDnsSubdomain(name); !wrong.empty())
        errors.Invalid(At(at + ".hostnames", j), name, wrong);
    }
  }
}

// `names` holds those of the containers before it: init and app containers share one set.
void ValidateContainers(const api::PodSpec& spec, const std::vector<api::Container>& containers, bool init,
                        const std::string& path, std::set<std::string>& names, FieldErrors& errors) {
  static constexpr std::string_view kAlways[] = {"Always"};
  for (size_t i = 0; i < containers.size(); ++i) {
    const api::Container& container = containers[i];
    const std::string at = At(path, i);
    ValidateContainer(container, at, errors);
    ValidateMounts(spec, container, at, errors);
    if (!container.name.empty() && !names.insert(container.name).second)
      errors.Duplicate(at + ".name", container.name);
    if (container.restart_policy.empty()) continue;
    if (!init) {
      errors.Forbidden(at + ".restartPolicy", "may not be set for non-init containers");
    } else if (container.restart_policy != "Always") {
      errors.Unsupported(at + ".restartPolicy", container.restart_policy, kAlways);
    }
  }
}

}  // namespace

void ValidateResources(const api::ResourceRequirements& resources, const std::string& path,
                       FieldErrors& errors) {
  ValidateQuantities(resources.limits, path + ".limits", errors);
  ValidateQuantities(resources.requests, path + ".requests", errors);
  for (const auto& [resource, request] : resources.requests) {
    const auto limit = resources.limits.find(resource);
    if (limit == resources.limits.end()) continue;
    const auto wanted = api::ParseQuantity(request);
    const auto most = api::ParseQuantity(limit->second);
    if (wanted.ok() && most.ok() && *wanted > *most) {
      errors.Invalid(path + ".requests", request,
                     "must be less than or equal to " + resource + " limit of " + limit->second);
    }
  }
}

void ValidateContainer(const api::Container& container, const std::string& path, FieldErrors& errors) {
  CheckName(CheckDnsLabel, path + ".name", container.name, errors);
  if (container.image.empty()) errors.Required(path + ".image");
  const bool padded =
      !container.image.empty() && (container.image.front() == ' ' || container.image.back() == ' ');
  if (padded)
    errors.Invalid(path + ".image", container.image, "must not have leading or trailing whitespace");
  ValidatePorts(container.ports, path + ".ports", errors);
  for (size_t i = 0; i < container.env.size(); ++i)
    ValidateEnv(container.env[i], At(path + ".env", i), errors);
  for (size_t i = 0; i < container.env_from.size(); ++i)
    ValidateEnvFrom(container.env_from[i], At(path + ".envFrom", i), errors);
  ValidateResources(container.resources, path + ".resources", errors);
}

void ValidatePodSpec(const api::PodSpec& spec, const std::string& path, FieldErrors& errors) {
  static constexpr std::string_view kPolicies[] = {"Always", "OnFailure", "Never"};
  ValidateVolumes(spec, path + ".volumes", errors);
  ValidateHostAliases(spec.host_aliases, path + ".hostAliases", errors);
  std::set<std::string> names;
  if (spec.containers.empty()) errors.Required(path + ".containers");
  ValidateContainers(spec, spec.containers, false, path + ".containers", names, errors);
  ValidateContainers(spec, spec.init_containers, true, path + ".initContainers", names, errors);
  if (std::ranges::find(kPolicies, spec.restart_policy) == std::end(kPolicies)) {
    errors.Unsupported(path + ".restartPolicy", spec.restart_policy, kPolicies);
  }
  errors.NonNegative(path + ".terminationGracePeriodSeconds", spec.termination_grace_period_seconds);
  const auto deadline = spec.active_deadline_seconds;
  if (deadline && (*deadline < 1 || *deadline > INT32_MAX)) {
    errors.Invalid(path + ".activeDeadlineSeconds", *deadline, "must be between 1 and 2147483647, inclusive");
  }
  CheckIfGiven(CheckDnsSubdomain, path + ".nodeName", spec.node_name, errors);
  CheckIfGiven(CheckDnsSubdomain, path + ".serviceAccountName", spec.service_account_name, errors);
  CheckIfGiven(CheckDnsLabel, path + ".hostname", spec.hostname, errors);
  CheckIfGiven(CheckDnsLabel, path + ".subdomain", spec.subdomain, errors);
}

}  // namespace belfry::manifest
