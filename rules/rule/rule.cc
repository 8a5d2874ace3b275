#include "rules/rule/rule.h"

#include <algorithm>

#include "rules/promql/parser.h"
#include "rules/rule/alert.h"

namespace belfry::rule {
namespace {

std::string EscapeQuery(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<NamedTemplates> ParseTemplates(const std::string& alert, const TextMap& texts) {
  NamedTemplates out;
  for (const auto& [name, text] : texts) {
    ASSIGN_OR_RETURN(tmpl::Template parsed, tmpl::Parse("__alert_" + alert, text));
    out.emplace_back(name, std::move(parsed));
  }
  return out;
}

// Whether annotations depend on nothing but labels that the rule leaves as they are.
bool OfLabelsAlone(const AlertingRule& rule) {
  const auto changed = [&rule](std::string_view label) {
    return label == model::kMetricName || label == model::kAlertName ||
           std::ranges::any_of(rule.labels, [label](const auto& own) { return own.first == label; });
  };
  return std::ranges::all_of(rule.annotations, [&changed](const auto& annotation) {
    const auto& pieces = annotation.second.pieces();
    return pieces && std::ranges::none_of(*pieces, [&changed](const tmpl::TemplatePiece& piece) {
             return piece.is_label && changed(piece.text);
           });
  });
}

Result<AlertingRule> MakeAlerting(const RuleSpec& spec, int64_t limit, std::string_view external_url) {
  AlertingRule rule;
  rule.name = spec.alert;
  rule.hold = spec.for_duration;
  rule.keep_firing = spec.keep_firing_for;
  rule.limit = limit;
  rule.generator_url = std::string(external_url) + "/graph?g0.expr=" + EscapeQuery(spec.expr) + "&g0.tab=1";
  ASSIGN_OR_RETURN(rule.labels, ParseTemplates(spec.alert, spec.labels));
  ASSIGN_OR_RETURN(rule.annotations, ParseTemplates(spec.alert, spec.annotations));
  rule.annotations_of_labels = OfLabelsAlone(rule);
  return rule;
}

RecordingRule MakeRecording(const RuleSpec& spec, int64_t limit) {
  RecordingRule rule;
  rule.name = spec.record;
  rule.limit = limit;
  for (const auto& [name, value] : spec.labels) {
    if (value.empty()) {
      rule.removed.push_back(name);
    } else {
      rule.labels.Set(name, value);
    }
  }
  return rule;
}

}  // namespace

std::string_view AlertStateName(AlertState state) {
  switch (state) {
    case AlertState::kInactive:
      return "inactive";
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
  }
  return "inactive";
}

std::string Rule::Identity() const {
  std::string text = (alerting() != nullptr ? "alert " : "record ") + spec.name();
  for (const auto& [name, value] : spec.labels) text += '\xff' + name + '\xff' + value;
  return text;
}

Result<Rule> Compile(const RuleSpec& spec, int64_t limit, promql::Dialect dialect,
                     std::string_view external_url) {
  Rule rule;
  rule.spec = spec;
  auto expr = promql::Parse(spec.expr, {.dialect = dialect});
  if (!expr.ok()) return Annotate(expr.error(), "rule \"" + spec.name() + "\": could not parse expression");
  rule.expr = std::shared_ptr<const promql::Expr>(*std::move(expr));
  if (spec.alert.empty()) {
    rule.kind = MakeRecording(spec, limit);
    return rule;
  }
  auto alerting = MakeAlerting(spec, limit, external_url);
  if (!alerting.ok()) return Annotate(alerting.error(), "rule \"" + spec.name() + "\"");
  rule.kind = *std::move(alerting);
  return rule;
}

}  // namespace belfry::rule
