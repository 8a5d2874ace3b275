#include "rules/api/rule_answers.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "exporters/model/number.h"
#include "rules/api/answer.h"
#include "rules/api/parameters.h"
#include "rules/promql/parser.h"
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
  std::vector<std::vector<storage::Matcher>> matchers;  // on the labels as written; one list must fit
  bool with_alerts = true;

  bool any() const { return !type.empty() || !names.empty() || !matchers.empty(); }

  bool Takes(const rule::RuleSpec& spec) const {
    const bool right_type = type.empty() || (type == "alert") == spec.record.empty();
    return right_type && Wanted(names, spec.name()) && MatchesLabels(spec.labels);
  }
  bool MatchesLabels(const rule::TextMap& labels) const {
    const auto fits = [&](const storage::Matcher& matcher) {
      const auto it = labels.find(matcher.name());
      return matcher.Matches(it == labels.end() ? std::string_view() : std::string_view(it->second));
    };
    return matchers.empty() ||
           std::ranges::any_of(matchers, [&](const auto& list) { return std::ranges::all_of(list, fits); });
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

namespace {

// Names a group for `group_next_token`: the list may have changed when the next page is asked for.
std::string GroupToken(const rule::GroupSpec& spec) {
  return std::to_string(std::hash<std::string>()(spec.file + "\xff" + spec.name));
}

std::variant<RuleFilter, http::Response> ReadFilter(const http::Request& request) {
  RuleFilter filter{.type = request.QueryValue("type").value_or(""),
                    .names = request.QueryValues("rule_name[]")};
  if (!filter.type.empty() && filter.type != "alert" && filter.type != "record") {
    return BadParameter("type", "not supported value \"" + filter.type + "\"");
  }
  for (const std::string& text : request.QueryValues("match[]")) {
    auto matchers = promql::ParseSelector(text);
    if (!matchers.ok()) return BadParameter("match[]", matchers.error().message);
    filter.matchers.push_back(*std::move(matchers));
  }
  const std::string exclude = request.QueryValue("exclude_alerts").value_or("");
  filter.with_alerts = exclude != "true" && exclude != "1";
  return filter;
}

bool TakesAny(const RuleFilter& filter, const rule::GroupStatus& group) {
  return std::ranges::any_of(group.rules,
                             [&](const rule::RuleStatus& status) { return filter.Takes(*status.spec); });
}

// A part of the list of groups, in their order.
struct Page {
  size_t limit = 0;  // 0: all
  std::string from;  // the token of its first group; empty: the first
};

std::variant<Page, http::Response> ReadPage(const http::Request& request) {
  const auto limit = ParseLimit(request.QueryValue("group_limit").value_or(""));
  if (!limit.ok()) return BadParameter("group_limit", limit.error().message);
  Page page{*limit, request.QueryValue("group_next_token").value_or("")};
  if (page.limit == 0 && !page.from.empty()) {
    return BadParameter("group_limit", "group_limit needs to be set in order to paginate over the groups");
  }
  return page;
}

}  // namespace

Reply Rules(const Call& call) {
  auto filter = ReadFilter(call.request);
  if (auto* failure = std::get_if<http::Response>(&filter)) return std::move(*failure);
  auto paging = ReadPage(call.request);
  if (auto* failure = std::get_if<http::Response>(&paging)) return std::move(*failure);
  Page& page = std::get<Page>(paging);
  const auto& wanted = std::get<RuleFilter>(filter);
  const auto group_names = call.request.QueryValues("rule_group[]");
  const auto files = call.request.QueryValues("file[]");
  const auto snapshot = call.sources.rules();
  std::vector<const rule::GroupStatus*> groups;
  std::string token;
  for (const rule::GroupStatus& group : snapshot->groups) {
    if (!page.from.empty() && GroupToken(*group.spec) != page.from) continue;
    if (!Wanted(group_names, group.spec->name) || !Wanted(files, group.spec->file)) continue;
    // A filter for rules leaves no empty groups behind.
    if (wanted.any() && !TakesAny(wanted, group)) continue;
    page.from.clear();
    if (page.limit > 0 && groups.size() == page.limit) {
      token = GroupToken(*group.spec);
      break;
    }
    groups.push_back(&group);
  }
  if (!page.from.empty()) return BadParameter("group_next_token", "no rule group has this token");
  const std::string close = token.empty() ? "]}}" : "],\"groupNextToken\":\"" + token + "\"}}";
  const size_t count = groups.size();
  return ListReply(R"({"status":"success","data":{"groups":[)", count,
                   [snapshot, groups = std::move(groups), wanted](size_t i, std::string& out) {
                     out += DumpJson(GroupJson(*groups[i], wanted));
                   },
                   close);
}

Reply Alerts(const Call& call) {
  const auto snapshot = call.sources.rules();
  std::vector<const rule::Alert*> alerts;
  for (const rule::GroupStatus& group : snapshot->groups) {
    for (const rule::RuleStatus& status : group.rules) {
      if (!status.alerts) continue;
      for (const rule::Alert& alert : *status.alerts) {
        if (!rule::IsResolved(alert)) alerts.push_back(&alert);
      }
    }
  }
  const size_t count = alerts.size();
  return ListReply(R"({"status":"success","data":{"alerts":[)", count,
                   [snapshot, alerts = std::move(alerts)](size_t i, std::string& out) {
                     out += DumpJson(AlertJson(*alerts[i]));
                   },
                   "]}}");
}

}  // namespace belfry::rules_api
