#include "rules/rule/group_spec.h"

#include <algorithm>
#include <set>

#include "exporters/model/labels.h"
#include "rules/promql/parser.h"
#include "rules/template/template.h"

namespace belfry::rule {
namespace {

bool IsNameByte(char c, bool first, bool colon) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':')) return true;
  return !first && c >= '0' && c <= '9';
}

bool IsName(std::string_view name, bool colon) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (!IsNameByte(name[i], i == 0, colon)) return false;
  }
  return !name.empty();
}

// Whether the second byte makes a character that a shorter form has, half of a pair, or one beyond Unicode.
bool IsOverlongOrSurrogate(unsigned char lead, unsigned char second) {
  return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) ||
         (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90);
}

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t size = lead < 0x80                   ? 1
                        : lead >= 0xc2 && lead < 0xe0 ? 2
                        : lead >= 0xe0 && lead < 0xf0 ? 3
                                                      : 4;
    if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return false;
    if (i + size > text.size()) return false;
    if (size > 2 && IsOverlongOrSurrogate(lead, static_cast<unsigned char>(text[i + 1]))) return false;
    for (size_t j = 1; j < size; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
    }
    i += size;
  }
  return true;
}

// 2.x: letters, digits, underscores. 3.x: any UTF-8.
bool IsLabelName(std::string_view name, promql::Dialect dialect) {
  if (dialect == promql::Dialect::kPrometheus2) return IsName(name, false);
  return !name.empty() && IsUtf8(name);
}

bool IsMetricName(std::string_view name, promql::Dialect dialect) {
  if (dialect == promql::Dialect::kPrometheus2) return IsName(name, true);
  return !name.empty() && IsUtf8(name) && name.find_first_of("{}") == std::string_view::npos;
}

// Collects the problems of one group.
class Checker {
 public:
  Checker(const GroupText& group, const CheckOptions& options) : group_(group), options_(options) {}

  CheckedGroup Run() {
    checked_.spec.file = group_.file;
    checked_.spec.name = group_.name;
    checked_.spec.limit = group_.limit;
    if (group_.name.empty()) Complain("Groupname must not be empty");
    checked_.spec.interval = DurationOf(group_.interval, "interval");
    checked_.spec.query_offset = DurationOf(group_.query_offset, "query_offset");
    CheckLabels(group_.labels);
    for (const RuleText& rule : group_.rules) {
      rule_ = &rule;
      ++number_;
      CheckRule();
    }
    return std::move(checked_);
  }

 private:
  const std::string& RuleName() const { return rule_->alert.empty() ? rule_->record : rule_->alert; }

  void ComplainAt(TextPosition position, std::string message) {
    checked_.problems.push_back(
        {.file = group_.file,
         .position = position.line != 0 || rule_ == nullptr ? position : rule_->position,
         .group = group_.name,
         .rule = number_,
         .name = rule_ == nullptr ? "" : RuleName(),
         .message = std::move(message)});
  }
  void Complain(std::string message) {
    ComplainAt(rule_ == nullptr ? group_.position : rule_->position, std::move(message));
  }

  Duration DurationOf(const std::string& text, std::string_view field) {
    if (text.empty()) return Duration(0);
    auto d = promql::ParsePromDuration(text);
    if (d.ok()) return *d;
    Complain("invalid field '" + std::string(field) + "': " + d.error().message);
    return Duration(0);
  }

  void CheckRule() {
    CheckName();
    CheckExpression();
    RuleSpec spec{.record = rule_->record,
                  .alert = rule_->alert,
                  .expr = rule_->expr,
                  .for_duration = DurationOf(rule_->for_duration, "for"),
                  .keep_firing_for = DurationOf(rule_->keep_firing_for, "keep_firing_for"),
                  .labels = group_.labels,
                  .annotations = rule_->annotations};
    for (const auto& [name, value] : rule_->labels) spec.labels[name] = value;
    CheckLabels(rule_->labels);
    if (!rule_->record.empty()) {
      CheckRecording();
    } else {
      CheckTemplates(spec);
    }
    checked_.spec.rules.push_back(std::move(spec));
  }

  void CheckName() {
    if (!rule_->record.empty() && !rule_->alert.empty()) {
      ComplainAt(rule_->name_position, "only one of 'record' and 'alert' must be set");
    } else if (rule_->record.empty() && rule_->alert.empty()) {
      Complain("one of 'record' or 'alert' must be set");
    } else if (!rule_->record.empty() && !IsMetricName(rule_->record, options_.dialect)) {
      ComplainAt(rule_->name_position, "invalid recording rule name: " + rule_->record);
    }
  }

  void CheckExpression() {
    if (rule_->expr.empty()) return Complain("field 'expr' must be set in rule");
    const auto parsed = promql::ParseDetailed(rule_->expr, {.dialect = options_.dialect});
    const auto* failure = std::get_if<promql::ParseFailure>(&parsed);
    if (failure == nullptr) return;
    ComplainAt(rule_->expr_position, "could not parse expression: " + failure->ToString());
    const std::string shown = failure->WithCaret(rule_->expr);
    checked_.problems.back().excerpt = shown.substr(failure->ToString().size() + 1);
  }

  void CheckRecording() {
    if (!rule_->annotations.empty()) {
      ComplainAt(rule_->name_position, "invalid field 'annotations' in recording rule");
    }
    if (!rule_->for_duration.empty() && rule_->for_duration != "0" && rule_->for_duration != "0s") {
      ComplainAt(rule_->name_position, "invalid field 'for' in recording rule");
    }
    if (!rule_->keep_firing_for.empty() && rule_->keep_firing_for != "0" && rule_->keep_firing_for != "0s") {
      ComplainAt(rule_->name_position, "invalid field 'keep_firing_for' in recording rule");
    }
  }

  void CheckLabels(const TextMap& labels) {
    for (const auto& [name, value] : labels) {
      if (!IsLabelName(name, options_.dialect) || name == model::kMetricName)
        Complain("invalid label name: " + name);
      if (!IsUtf8(value)) Complain("invalid label value: " + value);
    }
  }

  void CheckTemplates(const RuleSpec& spec) {
    for (const auto& [name, text] : spec.labels) CheckTemplate("label", name, text);
    for (const auto& [name, text] : spec.annotations) {
      if (!IsLabelName(name, options_.dialect)) Complain("invalid annotation name: " + name);
      CheckTemplate("annotation", name, text);
    }
  }

  void CheckTemplate(std::string_view kind, const std::string& name, const std::string& text) {
    const auto parsed = tmpl::Parse("__alert_" + rule_->alert, text);
    if (parsed.ok()) return;
    Complain(std::string(kind) + " \"" + name + "\": " + parsed.error().message);
  }

  const GroupText& group_;
  const CheckOptions& options_;
  const RuleText* rule_ = nullptr;
  size_t number_ = 0;
  CheckedGroup checked_;
};

}  // namespace

std::string Problem::ToString() const {
  std::string text;
  if (!file.empty()) text += file + ": ";
  if (position.line != 0)
    text += std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
  if (!group.empty()) {
    text += "group \"" + group + "\"";
    if (rule != 0) text += ", rule " + std::to_string(rule) + ", \"" + name + "\"";
    text += ": ";
  }
  return text + message;
}

CheckedGroup CheckGroup(const GroupText& group, const CheckOptions& options) {
  return Checker(group, options).Run();
}

CheckedGroups CheckGroups(const std::vector<GroupText>& groups, const CheckOptions& options) {
  CheckedGroups all;
  std::set<std::string_view> names;
  for (const GroupText& group : groups) {
    CheckedGroup one = CheckGroup(group, options);
    if (!group.name.empty() && !names.insert(group.name).second) {
      one.problems.push_back({.file = group.file,
                              .position = group.position,
                              .message = "groupname: \"" + group.name + "\" is repeated in the same file"});
    }
    if (one.problems.empty()) all.groups.push_back(std::move(one.spec));
    std::move(one.problems.begin(), one.problems.end(), std::back_inserter(all.problems));
  }
  return all;
}

Error ToError(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += (text.empty() ? "" : "\n") + problem.ToString();
  return {Code::kInvalid, std::move(text)};
}

}  // namespace belfry::rule
