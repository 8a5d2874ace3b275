#include "rules/api/rule_answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exporters/model/number.h"
#include "rules/api/answer.h"
#include "rules/rule/alert_state.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

// What Go prints for a time that is none.
constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

std::string TimeText(const std::optional<Instant>& t) { return t ? FormatRfc3339(*t) : std::string(kNever); }

Json AlertJson(const rule::Alert& alert) {
  Json json = {{"labels", LabelsJson(alert.labels)},
               {"annotations", alert.annotations},
               {"state", rule::AlertStateName(alert.state)},
               {"activeAt", FormatRfc3339(alert.active_at)}};
  if (alert.keep_firing_since) json["keepFiringSince"] = FormatRfc3339(*alert.keep_firing_since);
  json["value"] = model::FormatNumberE(alert.value);
  return json;
}

Json AlertsJson(const rule::RuleStatus& status) {
  Json alerts = Json::array();
  if (!status.alerts) return alerts;
  for (const rule::Alert& alert : *status.alerts) {
    if (!rule::IsResolved(alert)) alerts.push_back(AlertJson(alert));
  }
  return alerts;
}

void AddHealth(const rule::RuleStatus& status, Json& json) {
  json["health"] = rule::HealthName(status.health);
  if (!status.last_error.empty()) json["lastError"] = status.last_error;
  json["evaluationTime"] = ToSeconds(status.evaluation_time);
  json["lastEvaluation"] = TimeText(status.last_evaluation);
}

Json RuleJson(const rule::RuleStatus& status, bool with_alerts) {
  const rule::RuleSpec& spec = *status.spec;
  Json json;
  if (spec.alert.empty()) {
    json = {{"name", spec.record}, {"query", spec.expr}, {"labels", spec.labels}};
    AddHealth(status, json);
    json["type"] = "recording";
    return json;
  }
  json = {{"state", rule::AlertStateName(status.state)},
          {"name", spec.alert},
          {"query", spec.expr},
          {"duration", ToSeconds(spec.for_duration)},
          {"keepFiringFor", ToSeconds(spec.keep_firing_for)},
          {"labels", spec.labels},
          {"annotations", spec.annotations},
          {"alerts", with_alerts ? AlertsJson(status) : Json::array()}};
  AddHealth(status, json);
  json["type"] = "alerting";
  return json;
}

// Empty: everything is wanted.
bool Wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

struct RuleFilter {
  std::string type;
  std::vector<std::string> names;
  bool with_alerts = true;

  bool Takes(const rule::RuleSpec& spec) const {
    const bool right_type = type.empty() || (type == "alert") == spec.record.empty();
    return right_type && Wanted(names, spec.name());
  }
};

Json GroupJson(const rule::GroupStatus& group, const RuleFilter& filter) {
  Json rules = Json::array();
  for (const rule::RuleStatus& status : group.rules) {
    if (filter.Takes(*status.spec)) rules.push_back(RuleJson(status, filter.with_alerts));
  }
  return {{"name", group.spec->name},
          {"file", group.spec->file},
          {"rules", std::move(rules)},
          {"interval", ToSeconds(group.interval)},
          {"limit", group.spec->limit},
          {"evaluationTime", ToSeconds(group.evaluation_time)},
          {"lastEvaluation", TimeText(group.last_evaluation)}};
}

}  // namespace

http::Response Rules(const ApiSources& sources, const http::Request& request, Instant) {
  RuleFilter filter{.type = request.QueryValue("type").value_or(""),
                    .names = request.QueryValues("rule_name[]")};
  if (!filter.type.empty() && filter.type != "alert" && filter.type != "record") {
    return BadParameter("type", "not supported value \"" + filter.type + "\"");
  }
  filter.with_alerts = request.QueryValue("exclude_alerts").value_or("false") != "true";
  const auto group_names = request.QueryValues("rule_group[]");
  const auto files = request.QueryValues("file[]");
  const bool filtered = !filter.type.empty() || !filter.names.empty();
  const auto snapshot = sources.rules();
  Json groups = Json::array();
  for (const rule::GroupStatus& group : snapshot->groups) {
    if (!Wanted(group_names, group.spec->name) || !Wanted(files, group.spec->file)) continue;
    Json json = GroupJson(group, filter);
    // A filter for rules leaves no empty groups behind.
    if (!filtered || !json["rules"].empty()) groups.push_back(std::move(json));
  }
  return Success({{"groups", std::move(groups)}});
}

http::Response Alerts(const ApiSources& sources, const http::Request&, Instant) {
  const auto snapshot = sources.rules();
  Json alerts = Json::array();
  for (const rule::GroupStatus& group : snapshot->groups) {
    for (const rule::RuleStatus& status : group.rules) {
      for (Json& alert : AlertsJson(status)) alerts.push_back(std::move(alert));
    }
  }
  return Success({{"alerts", std::move(alerts)}});
}

}  // namespace belfry::rules_api
