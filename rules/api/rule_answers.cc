#include "rules/api/rule_answers.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

#include "rules/api/answer.h"
#include "rules/api/parameters.h"
#include "rules/api/rule_pieces.h"
#include "rules/promql/parser.h"
#include "rules/rule/alert_state.h"

namespace belfry::rules_api {
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
  Page page{0, request.QueryValue("group_next_token").value_or("")};
  if (const std::string text = request.QueryValue("group_limit").value_or(""); !text.empty()) {
    const auto limit = ParseInteger(text, "ParseInt");
    if (!limit.ok())
      return BadParameter("group_limit", "group_limit needs to be a valid number: " + limit.error().message);
    if (*limit <= 0) return BadParameter("group_limit", "group_limit needs to be greater than 0");
    page.limit = static_cast<size_t>(*limit);
  }
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
  return GroupsReply(snapshot, std::move(groups), wanted, close);
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
  return ListReply(
      R"({"status":"success","data":{"alerts":[)", count,
      [snapshot, alerts = std::move(alerts)](size_t i, std::string& out) { AppendAlert(*alerts[i], out); },
      "]}}");
}

}  // namespace belfry::rules_api
