// ConfigMaps, Secrets and PrometheusRules.
#include <set>

#include "agent/manifest/names.h"
#include "agent/manifest/validation.h"

namespace belfry::manifest {
namespace {

constexpr size_t kMaxDataBytes = 1024 * 1024;

size_t ValidateKeys(const api::StringMap& data, const std::string& path, FieldErrors& errors) {
  size_t bytes = 0;
  for (const auto& [key, value] : data) {
    if (const std::string wrong = CheckConfigKey(key); !wrong.empty())
      errors.Invalid(path + "[" + key + "]", key, wrong);
    bytes += value.size();
  }
  return bytes;
}

// Prometheus' own durations: whole numbers with units from large to small, as in `1h30m`.
bool IsRuleDuration(std::string_view text) {
  static constexpr std::string_view kUnits[] = {"y", "w", "d", "h", "m", "s", "ms"};
  if (text == "0") return true;
  size_t next = 0;
  while (!text.empty()) {
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 18) return false;
    text.remove_prefix(digits);
    const size_t length = std::min(text.find_first_of("0123456789"), text.size());
    while (next < std::size(kUnits) && kUnits[next] != text.substr(0, length)) ++next;
    if (next == std::size(kUnits)) return false;
    ++next;
    text.remove_prefix(length);
  }
  return next > 0;
}

void ValidateDuration(const std::string& text, const std::string& path, FieldErrors& errors) {
  if (text.empty() || IsRuleDuration(text)) return;
  errors.Invalid(path, text, "not a valid duration string, as in \"5m\" or \"1h30m\"");
}

void ValidateRule(const api::Rule& rule, const std::string& path, FieldErrors& errors) {
  if (rule.record.empty() == rule.alert.empty()) {
    errors.Invalid(path, rule.record.empty() ? "" : rule.record,
                   "exactly one of record and alert must be set");
  }
  if (rule.expr.empty()) errors.Required(path + ".expr");
  ValidateDuration(rule.for_duration, path + ".for", errors);
  ValidateDuration(rule.keep_firing_for, path + ".keep_firing_for", errors);
  if (rule.alert.empty() &&
      (!rule.for_duration.empty() || !rule.keep_firing_for.empty() || !rule.annotations.empty())) {
    errors.Forbidden(path, "for, keep_firing_for and annotations belong to alerts, not to recording rules");
  }
}

}  // namespace

void ValidateConfigMap(const api::ConfigMap& config, FieldErrors& errors) {
  size_t bytes = ValidateKeys(config.data, "data", errors);
  bytes += ValidateKeys(config.binary_data, "binaryData", errors);
  for (const auto& [key, value] : config.data) {
    if (config.binary_data.contains(key))
      errors.Invalid("data[" + key + "]", key, "duplicate of key present in binaryData");
  }
  if (bytes > kMaxDataBytes) errors.TooLong("data", kMaxDataBytes);
}

void ValidateSecret(const api::Secret& secret, FieldErrors& errors) {
  if (ValidateKeys(secret.data, "data", errors) > kMaxDataBytes) errors.TooLong("data", kMaxDataBytes);
}

void ValidatePrometheusRule(const api::PrometheusRule& rule, FieldErrors& errors) {
  std::set<std::string> names;
  for (size_t i = 0; i < rule.groups.size(); ++i) {
    const api::RuleGroup& group = rule.groups[i];
    const std::string path = At("spec.groups", i);
    if (group.name.empty()) {
      errors.Required(path + ".name");
    } else if (!names.insert(group.name).second) {
      errors.Duplicate(path + ".name", group.name);
    }
    ValidateDuration(group.interval, path + ".interval", errors);
    ValidateDuration(group.query_offset, path + ".query_offset", errors);
    if (group.limit < 0) errors.Invalid(path + ".limit", group.limit, "must be greater than or equal to 0");
    for (size_t j = 0; j < group.rules.size(); ++j)
      ValidateRule(group.rules[j], At(path + ".rules", j), errors);
  }
}

}  // namespace belfry::manifest
