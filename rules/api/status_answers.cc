#include "rules/api/status_answers.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "rules/api/answer.h"
#include "rules/api/json_text.h"
#include "rules/promql/parser.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

// The value of a family with one series, from the agent's own numbers.
std::optional<double> NumberOf(const Call& call, std::string_view name) {
  std::optional<double> number;
  for (const auto& snapshot : call.sources.families()) {
    const auto families = snapshot->families();
    for (size_t i = 0; i < families.size() && !number; ++i) {
      if (families[i].name != name) continue;
      snapshot->Visit(i, [&](std::string_view, model::LabelsView, double value) { number = value; });
    }
  }
  return number;
}

void AddTime(const Call& call, std::string_view family, const char* key, Json& json) {
  const auto seconds = NumberOf(call, family);
  if (!seconds) return;
  json[key] = FormatRfc3339(Instant(milliseconds(static_cast<int64_t>(*seconds * 1000))));
}

}  // namespace

Reply BuildInfo(const Call& call) {
  const ApiSources& sources = call.sources;
  return Success({{"version", sources.version},
                  {"revision", sources.revision},
                  {"branch", sources.branch},
                  {"buildUser", ""},
                  {"buildDate", ""},
                  {"goVersion", ""}});
}

Reply StatusConfig(const Call& call) {
  const auto snapshot = call.sources.rules();
  const rule::EngineSettings& settings = snapshot->settings;
  // JSON's strings and maps are YAML's too.
  std::string yaml =
      "global:\n  evaluation_interval: " + promql::FormatPromDuration(settings.default_interval) + "\n";
  if (!settings.external_labels.empty()) {
    yaml += "  external_labels: ";
    AppendLabels(settings.external_labels, yaml);
    yaml += "\n";
  }
  std::set<std::string> files;
  for (const rule::GroupStatus& group : snapshot->groups) files.insert(group.spec->file);
  if (!files.empty()) yaml += "rule_files:\n";
  for (const std::string& file : files) {
    yaml += "  - ";
    AppendString(file, yaml);
    yaml += "\n";
  }
  return Success({{"yaml", yaml}});
}

Reply StatusFlags(const Call& call) {
  const auto text = [](Duration d) { return promql::FormatPromDuration(d); };
  const promql::EvalOptions& eval = call.sources.eval;
  const rule::EngineSettings settings = call.sources.rules()->settings;
  Json flags = {{"query.lookback-delta", text(eval.lookback)},
                {"query.max-samples", std::to_string(eval.max_samples)},
                {"query.timeout", text(call.sources.max_evaluation)},
                {"rules.alert.for-outage-tolerance", text(settings.outage_tolerance)}};
  if (settings.retention) flags["storage.tsdb.retention.time"] = text(*settings.retention);
  flags["web.external-url"] = settings.external_url;
  return Success(flags);
}

Reply RuntimeInfo(const Call& call) {
  Json info = Json::object();
  AddTime(call, "process_start_time_seconds", "startTime", info);
  info["serverTime"] = FormatRfc3339(call.now);
  if (const auto good = NumberOf(call, "belfry_config_last_reload_successful"))
    info["reloadConfigSuccess"] = *good != 0;
  AddTime(call, "belfry_config_last_reload_success_timestamp_seconds", "lastConfigTime", info);
  const auto retention = call.sources.rules()->settings.retention;
  if (retention) info["storageRetention"] = promql::FormatPromDuration(*retention);
  return Success(info);
}

}  // namespace belfry::rules_api
