#include "agent/manifest/same_template.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/api/quantity.h"
#include "agent/manifest/field_errors.h"

namespace belfry::manifest {
namespace {

// What a field is if nobody says so; in the template itself, and inside of its probes and volumes.
bool IsUsual(const std::string& field, const nlohmann::json& value) {
  static const nlohmann::json kUsual = {{"dnsPolicy", "ClusterFirst"},
                                        {"schedulerName", "default-scheduler"},
                                        {"enableServiceLinks", true},
                                        {"hostNetwork", false},
                                        {"hostPID", false},
                                        {"hostIPC", false},
                                        {"terminationMessagePath", "/dev/termination-log"},
                                        {"terminationMessagePolicy", "File"},
                                        {"stdin", false},
                                        {"stdinOnce", false},
                                        {"tty", false},
                                        {"defaultMode", 420},
                                        {"timeoutSeconds", 1},
                                        {"periodSeconds", 10},
                                        {"successThreshold", 1},
                                        {"failureThreshold", 3},
                                        {"scheme", "HTTP"}};
  const auto usual = kUsual.find(field);
  return value.is_null() || (usual != kUsual.end() && *usual == value);
}

void DropUsual(nlohmann::json& value) {
  if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();)
      it = IsUsual(it.key(), *it) ? value.erase(it) : std::next(it);
  }
  if (value.is_structured()) {
    for (auto& member : value) DropUsual(member);
  }
}

// The library's objects have their members in the order of their names.
std::string Plain(const std::string& text) {
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return text;
  DropUsual(value);
  return value.dump();
}

bool SaysNothing(const std::string& path, const std::string& text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  const bool nothing = value.is_structured() && value.empty();
  return nothing || IsUsual(path.substr(path.rfind('.') + 1), value);
}

void DropUsual(api::Kept& kept) {
  for (auto& [path, text] : kept) text = Plain(text);
  std::erase_if(kept, [](const auto& entry) { return SaysNothing(entry.first, entry.second); });
}

void CountOut(api::StringMap& amounts) {
  constexpr int64_t kNano = 1'000'000'000;
  for (auto& [resource, amount] : amounts) {
    const auto value = api::ParseQuantity(amount);
    if (!value.ok()) continue;
    amount = std::to_string(static_cast<int64_t>(*value / kNano)) + " and " +
             std::to_string(static_cast<int64_t>(*value % kNano)) + "n";
  }
}

// `Always` for images that may change under their name, `IfNotPresent` for all others.
std::string UsualPullPolicy(const std::string& image) {
  const std::string name = image.substr(image.rfind('/') + 1);
  if (name.find('@') != std::string::npos) return R"("IfNotPresent")";
  const size_t colon = name.find(':');
  const bool latest = colon == std::string::npos || name.substr(colon + 1) == "latest";
  return latest ? R"("Always")" : R"("IfNotPresent")";
}

void DropUsualPullPolicies(const api::PodSpec& spec, api::Kept& kept) {
  const auto drop = [&](const std::vector<api::Container>& containers, const std::string& list) {
    for (size_t i = 0; i < containers.size(); ++i) {
      const auto policy = kept.find("spec.template.spec." + At(list, i) + ".imagePullPolicy");
      if (policy != kept.end() && policy->second == UsualPullPolicy(containers[i].image)) kept.erase(policy);
    }
  };
  drop(spec.init_containers, "initContainers");
  drop(spec.containers, "containers");
}

void MakePlain(api::PodTemplateSpec& pattern) {
  for (auto* containers : {&pattern.spec.init_containers, &pattern.spec.containers}) {
    for (api::Container& container : *containers) {
      CountOut(container.resources.limits);
      CountOut(container.resources.requests);
    }
  }
  for (api::Volume& volume : pattern.spec.volumes) volume.source_json = Plain(volume.source_json);
}

}  // namespace

bool SameTemplate(api::PodTemplateSpec a, api::Kept a_kept, api::PodTemplateSpec b, api::Kept b_kept) {
  MakePlain(a);
  MakePlain(b);
  DropUsual(a_kept);
  DropUsual(b_kept);
  DropUsualPullPolicies(a.spec, a_kept);
  DropUsualPullPolicies(b.spec, b_kept);
  return a == b && a_kept == b_kept;
}

}  // namespace belfry::manifest
