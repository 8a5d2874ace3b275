#include "rules/api/rule_pieces.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "exporters/model/number.h"
#include "rules/api/answer.h"
#include "rules/api/json_text.h"
#include "rules/rule/alert_state.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;

// What Go prints for a time that is none.
constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

std::string TimeText(const std::optional<Instant>& t) { return t ? FormatRfc3339(*t) : std::string(kNever); }

bool MatchesLabels(const RuleFilter& filter, const rule::TextMap& labels) {
  const auto fits = [&](const storage::Matcher& matcher) {
    const auto it = labels.find(matcher.name());
    return matcher.Matches(it == labels.end() ? std::string_view() : std::string_view(it->second));
  };
  return filter.matchers.empty() || std::ranges::any_of(filter.matchers, [&](const auto& list) {
           return std::ranges::all_of(list, fits);
         });
}

Json HealthJson(const rule::RuleStatus& status) {
  Json json = {{"health", rule::HealthName(status.health)}};
  if (!status.last_error.empty()) json["lastError"] = status.last_error;
  json["evaluationTime"] = ToSeconds(status.evaluation_time);
  json["lastEvaluation"] = TimeText(status.last_evaluation);
  return json;
}

// An object's text that goes on, and one that went on.
std::string Open(const Json& object) {
  std::string text = DumpJson(object);
  text.pop_back();
  return text;
}
std::string Rest(const Json& object) { return "," + DumpJson(object).substr(1); }

void AppendMember(std::string_view name, std::string_view text, std::string& out) {
  AppendString(name, out);
  out += ':';
  AppendString(text, out);
}

// Appends one thing after another: a group's head, a rule or its head, an alert, what closes them.
class GroupPieces {
 public:
  GroupPieces(std::shared_ptr<const rule::EngineSnapshot> snapshot,
              std::vector<const rule::GroupStatus*> groups, RuleFilter filter, std::string close)
      : snapshot_(std::move(snapshot)),
        groups_(std::move(groups)),
        filter_(std::move(filter)),
        close_(std::move(close)) {}

  bool operator()(std::string& out) {
    if (!std::exchange(begun_, true)) out += R"({"status":"success","data":{"groups":[)";
    while (out.size() < kPieceBytes) {
      if (group_ == groups_.size()) return out += close_, false;
      in_alerts_ ? Alert(out) : in_rules_ ? Rule(out) : Group(out);
    }
    return true;
  }

 private:
  void Group(std::string& out) {
    const rule::GroupSpec& spec = *groups_[group_]->spec;
    if (group_ > 0) out += ',';
    out += Open({{"name", spec.name}, {"file", spec.file}}) + ",\"rules\":[";
    in_rules_ = true;
    rule_ = 0;
    rules_shown_ = false;
  }

  void Rule(std::string& out) {
    const rule::GroupStatus& group = *groups_[group_];
    if (rule_ == group.rules.size()) return EndGroup(group, out);
    const rule::RuleStatus& status = group.rules[rule_];
    if (!filter_.Takes(*status.spec)) {
      ++rule_;
      return;
    }
    if (std::exchange(rules_shown_, true)) out += ',';
    status.spec->alert.empty() ? Recording(status, out) : Alerting(status, out);
  }

  void Recording(const rule::RuleStatus& status, std::string& out) {
    const rule::RuleSpec& spec = *status.spec;
    Json tail = HealthJson(status);
    tail["type"] = "recording";
    out += Open({{"name", spec.record}, {"query", spec.expr}, {"labels", spec.labels}}) + Rest(tail);
    ++rule_;
  }

  void Alerting(const rule::RuleStatus& status, std::string& out) {
    const rule::RuleSpec& spec = *status.spec;
    out += Open({{"state", rule::AlertStateName(status.state)},
                 {"name", spec.alert},
                 {"query", spec.expr},
                 {"duration", ToSeconds(spec.for_duration)},
                 {"keepFiringFor", ToSeconds(spec.keep_firing_for)},
                 {"labels", spec.labels},
                 {"annotations", spec.annotations}}) +
           ",\"alerts\":[";
    in_alerts_ = true;
    alert_ = 0;
    alerts_shown_ = false;
  }

  void Alert(std::string& out) {
    const rule::RuleStatus& status = groups_[group_]->rules[rule_];
    const size_t count = filter_.with_alerts && status.alerts ? status.alerts->size() : 0;
    while (alert_ < count && rule::IsResolved((*status.alerts)[alert_])) ++alert_;
    if (alert_ < count) {
      if (std::exchange(alerts_shown_, true)) out += ',';
      return AppendAlert((*status.alerts)[alert_++], out);
    }
    Json tail = HealthJson(status);
    tail["type"] = "alerting";
    out += "]" + Rest(tail);
    in_alerts_ = false;
    ++rule_;
  }

  void EndGroup(const rule::GroupStatus& group, std::string& out) {
    out += "]" + Rest({{"interval", ToSeconds(group.interval)},
                       {"limit", group.spec->limit},
                       {"evaluationTime", ToSeconds(group.evaluation_time)},
                       {"lastEvaluation", TimeText(group.last_evaluation)}});
    in_rules_ = false;
    ++group_;
  }

  std::shared_ptr<const rule::EngineSnapshot> snapshot_;
  std::vector<const rule::GroupStatus*> groups_;
  RuleFilter filter_;
  std::string close_;
  bool begun_ = false;
  // Where it is: in which group; in which of its rules; at which of its alerts.
  size_t group_ = 0;
  bool in_rules_ = false;
  bool rules_shown_ = false;
  size_t rule_ = 0;
  bool in_alerts_ = false;
  bool alerts_shown_ = false;
  size_t alert_ = 0;
};

}  // namespace

bool Wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

bool RuleFilter::Takes(const rule::RuleSpec& spec) const {
  const bool right_type = type.empty() || (type == "alert") == spec.record.empty();
  return right_type && Wanted(names, spec.name()) && MatchesLabels(*this, spec.labels);
}

void AppendAlert(const rule::Alert& alert, std::string& out) {
  out += "{\"labels\":";
  AppendLabels(alert.labels, out);
  out += ",\"annotations\":{";
  bool first = true;
  for (const auto& [name, text] : *alert.annotations) {
    if (!std::exchange(first, false)) out += ',';
    AppendMember(name, text, out);
  }
  out += "},";
  AppendMember("state", rule::AlertStateName(alert.state), out);
  out += ',';
  AppendMember("activeAt", FormatRfc3339(alert.active_at), out);
  if (alert.keep_firing_since) {
    out += ',';
    AppendMember("keepFiringSince", FormatRfc3339(*alert.keep_firing_since), out);
  }
  out += ',';
  AppendMember("value", model::FormatNumberE(alert.value), out);
  out += '}';
}

Reply GroupsReply(std::shared_ptr<const rule::EngineSnapshot> snapshot,
                  std::vector<const rule::GroupStatus*> groups, RuleFilter filter, std::string close) {
  return Reply(GroupPieces(std::move(snapshot), std::move(groups), std::move(filter), std::move(close)));
}

}  // namespace belfry::rules_api
