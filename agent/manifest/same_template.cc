#include "agent/manifest/same_template.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/api/quantity.h"

namespace belfry::manifest {
namespace {

struct KeptDefault {
  std::string_view field;
  std::string_view value;  // JSON
};

constexpr KeptDefault kDefaults[] = {
    {"dnsPolicy", R"("ClusterFirst")"},
    {"schedulerName", R"("default-scheduler")"},
    {"enableServiceLinks", "true"},
    {"hostNetwork", "false"},
    {"hostPID", "false"},
    {"hostIPC", "false"},
    {"terminationMessagePath", R"("/dev/termination-log")"},
    {"terminationMessagePolicy", R"("File")"},
    {"stdin", "false"},
    {"stdinOnce", "false"},
    {"tty", "false"},
};

void DropNulls(nlohmann::json& value) {
  if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) it = it->is_null() ? value.erase(it) : std::next(it);
  }
  if (value.is_structured()) {
    for (auto& member : value) DropNulls(member);
  }
}

// The library's objects have their members in the order of their names.
std::string Plain(const std::string& text) {
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return text;
  DropNulls(value);
  return value.dump();
}

bool SaysNothing(std::string_view path, std::string_view value) {
  if (value == "null" || value == "[]" || value == "{}") return true;
  const std::string_view field = path.substr(path.rfind('.') + 1);
  return std::ranges::any_of(
      kDefaults, [&](const KeptDefault& usual) { return usual.field == field && usual.value == value; });
}

void DropUsual(api::Kept& kept) {
  for (auto& [path, value] : kept) value = Plain(value);
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
  return a == b && a_kept == b_kept;
}

}  // namespace belfry::manifest
