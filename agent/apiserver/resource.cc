#include "agent/apiserver/resource.h"

#include <algorithm>
#include <vector>

namespace belfry::apiserver {
namespace {

constexpr Resource kResources[] = {
    {.group = "batch", .version = "v1", .plural = "cronjobs", .kind = api::Kind::kCronJob, .writable = false},
    {.group = "batch", .version = "v1", .plural = "jobs", .kind = api::Kind::kJob, .writable = true},
};

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return parts;
}

const Resource* Find(std::string_view group, std::string_view version, std::string_view plural) {
  const auto* it = std::ranges::find_if(kResources, [&](const Resource& r) {
    return r.group == group && r.version == version && r.plural == plural;
  });
  return it == std::end(kResources) ? nullptr : it;
}

}  // namespace

std::span<const Resource> Resources() { return kResources; }

Subject Target::subject() const {
  return {.group = std::string(resource->group),
          .resource = std::string(resource->plural),
          .kind = std::string(api::KindName(resource->kind)),
          .name = name};
}

std::optional<Target> ParsePath(std::string_view path) {
  if (!path.starts_with("/apis/")) return std::nullopt;
  std::vector<std::string_view> parts = Split(path);
  if (parts.size() < 4 || std::ranges::find(parts, std::string_view()) != parts.end()) return std::nullopt;
  Target target;
  size_t at = 3;
  if (parts[3] == "namespaces" && parts.size() >= 6) {
    target.ns = parts[4];
    at = 5;
  }
  target.resource = Find(parts[1], parts[2], parts[at]);
  if (target.resource == nullptr || parts.size() > at + 2) return std::nullopt;
  if (parts.size() == at + 2) target.name = parts[at + 1];
  // An object lives in a namespace.
  if (!target.name.empty() && target.ns.empty()) return std::nullopt;
  return target;
}

}  // namespace belfry::apiserver
