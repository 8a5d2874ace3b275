#include "rules/rule/lint.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "rules/promql/parser.h"

namespace belfry::rule {
namespace {

// A rule with its place and parsed expression.
struct Located {
  const GroupText* group;
  const RuleText* text;
  size_t number;
  promql::ExprPtr expr;

  const std::string& name() const { return text->alert.empty() ? text->record : text->alert; }
};

std::string Finding(const Located& rule, TextPosition position, std::string message) {
  const Problem problem{.file = rule.group->file,
                        .position = position.line != 0 ? position : rule.text->position,
                        .group = rule.group->name,
                        .rule = rule.number,
                        .name = rule.name(),
                        .message = std::move(message)};
  return problem.ToString();
}

std::vector<Located> Locate(const RuleFile& file, const CheckOptions& options) {
  std::vector<Located> rules;
  for (const GroupText& group : file.texts) {
    size_t number = 0;
    for (const RuleText& text : group.rules) {
      auto expr = promql::Parse(text.expr, {.dialect = options.dialect});
      ++number;
      if (expr.ok()) rules.push_back({&group, &text, number, *std::move(expr)});
    }
  }
  return rules;
}

// promtool's one finding for all of them.
std::vector<std::string> DuplicateRules(const RuleFile& file) {
  std::map<std::pair<std::string, TextMap>, size_t> seen;
  for (const GroupSpec& group : file.groups) {
    for (const RuleSpec& rule : group.rules) ++seen[{rule.name(), rule.labels}];
  }
  std::string listed;
  size_t repeated = 0;
  for (const auto& [key, count] : seen) {
    if (count < 2) continue;
    ++repeated;
    listed += "Metric: " + key.first + "\nLabel(s):\n";
    for (const auto& [name, value] : key.second) listed += "\t" + name + ": " + value + "\n";
  }
  if (repeated == 0) return {};
  return {std::to_string(repeated) + " duplicate rule(s) found.\n" + listed +
          "Might cause inconsistency while recording expressions"};
}

std::vector<const storage::Matcher*> NameMatchers(const promql::Expr& expr) {
  std::vector<const storage::Matcher*> names;
  const auto add = [&](const promql::VectorSelector& selector) {
    for (const storage::Matcher& matcher : selector.matchers) {
      if (matcher.name() == model::kMetricName) names.push_back(&matcher);
    }
  };
  promql::Walk(expr, [&](const promql::Expr& e) {
    if (auto* s = std::get_if<promql::VectorSelector>(&e.node)) add(*s);
    if (auto* s = std::get_if<promql::MatrixSelector>(&e.node)) add(s->selector);
  });
  return names;
}

// The recording rules as a graph: from what is recorded to what is read for it.
class Cycles {
 public:
  explicit Cycles(const std::vector<Located>& rules) {
    for (const Located& rule : rules) {
      if (!rule.text->record.empty()) by_name_[rule.text->record].push_back(&rule);
    }
  }

  std::vector<std::string> Find() {
    for (const auto& [name, rules] : by_name_) Visit(name);
    return std::move(findings_);
  }

 private:
  enum class Mark { kOpen, kDone };
  struct Step {
    std::string name;
    std::vector<std::string> reads;
    size_t next = 0;
  };

  std::vector<std::string> Reads(const std::string& name) const {
    std::set<std::string> reads;
    for (const Located* rule : by_name_.at(name)) {
      for (const storage::Matcher* matcher : NameMatchers(*rule->expr)) {
        const bool exact = matcher->op() == storage::MatchOp::kEqual;
        if (exact && by_name_.contains(matcher->value())) reads.insert(matcher->value());
      }
    }
    return {reads.begin(), reads.end()};
  }

  // Depth first, on a stack of its own: a chain may be as long as the file.
  void Visit(const std::string& from) {
    if (marks_.contains(from)) return;
    std::vector<Step> path;
    const auto enter = [&](const std::string& name) {
      marks_[name] = Mark::kOpen;
      path.push_back({name, Reads(name)});
    };
    enter(from);
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.reads.size()) {
        marks_[step.name] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const std::string next = step.reads[step.next++];
      const auto mark = marks_.find(next);
      if (mark == marks_.end()) {
        enter(next);
      } else if (mark->second == Mark::kOpen) {
        Report(path, next);
      }
    }
  }

  void Report(const std::vector<Step>& path, const std::string& name) {
    auto step = std::find_if(path.begin(), path.end(), [&](const Step& s) { return s.name == name; });
    std::string chain;
    for (; step != path.end(); ++step) chain += step->name + " → ";
    const Located& rule = *by_name_.at(name).front();
    findings_.push_back(Finding(
        rule, rule.text->expr_position,
        "reads what it records: " + chain + name + "; each evaluation sees the values of the one before"));
  }

  std::map<std::string, std::vector<const Located*>> by_name_;
  std::map<std::string, Mark> marks_;
  std::vector<std::string> findings_;
};

const promql::Expr& WithoutParens(const promql::Expr& expr) {
  const promql::Expr* inner = &expr;
  while (const auto* paren = std::get_if<promql::Paren>(&inner->node)) inner = paren->expr.get();
  return *inner;
}

void LintRule(const Located& rule, const LintChecks& checks, std::vector<std::string>& out) {
  const bool number =
      rule.expr->type == promql::ValueType::kVector || rule.expr->type == promql::ValueType::kScalar;
  if (checks.result_type && !number) {
    out.push_back(Finding(rule, rule.text->expr_position,
                          "the expression is a " + std::string(promql::ValueTypeName(rule.expr->type)) +
                              "; a rule needs an instant vector or a scalar"));
  }
  if (rule.text->alert.empty()) return;
  const auto* binary = std::get_if<promql::Binary>(&WithoutParens(*rule.expr).node);
  if (checks.bool_alerts && binary != nullptr && binary->return_bool) {
    out.push_back(Finding(rule, rule.text->expr_position,
                          "a comparison with `bool` always has a result, so the alert fires for 0 as well"));
  }
  for (const auto& [name, text] : rule.text->labels) {
    if (!checks.value_labels || text.find("{{") == std::string::npos) continue;
    if (text.find("$value") == std::string::npos && text.find(".Value") == std::string::npos) continue;
    out.push_back(Finding(rule, rule.text->position,
                          "label \"" + name + "\" is made of $value: each value is another alert, and none " +
                              "lasts; put it into an annotation"));
  }
}

}  // namespace

LintChecks ParseLintChecks(std::string_view text, std::vector<std::string>& unknown) {
  LintChecks checks{.duplicate_rules = false};
  const std::map<std::string_view, bool LintChecks::*> names = {
      {"duplicate-rules", &LintChecks::duplicate_rules},
      {"cycles", &LintChecks::cycles},
      {"result-type", &LintChecks::result_type},
      {"bool-alerts", &LintChecks::bool_alerts},
      {"value-labels", &LintChecks::value_labels}};
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view name = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (name == "none" || name.empty()) continue;
    const auto found = names.find(name);
    if (name == "all") {
      for (const auto& [known, member] : names) checks.*member = true;
    } else if (found != names.end()) {
      checks.*found->second = true;
    } else {
      unknown.emplace_back(name);
    }
  }
  return checks;
}

std::vector<std::string> Lint(const RuleFile& file, const LintChecks& checks, const CheckOptions& options) {
  std::vector<std::string> findings;
  if (checks.duplicate_rules) findings = DuplicateRules(file);
  if (!checks.cycles && !checks.result_type && !checks.bool_alerts && !checks.value_labels) return findings;
  const std::vector<Located> rules = Locate(file, options);
  for (const Located& rule : rules) LintRule(rule, checks, findings);
  if (checks.cycles) {
    for (std::string& finding : Cycles(rules).Find()) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace belfry::rule
