#include "agent/cli/check_rules.h"

#include <fmt/core.h>

#include "agent/cli/dialect.h"
#include "agent/cli/exit.h"
#include "agent/cli/rule_set.h"
#include "rules/rule/lint.h"
#include "rules/rule/rule_file.h"

namespace belfry::cli {
namespace {

constexpr int kLintFound = 3;

class Checker {
 public:
  explicit Checker(const CheckRulesCommand& command)
      : command_(command),
        options_{.dialect = DialectOf(command.promql_compat),
                 .ignore_unknown_fields = command.ignore_unknown_fields} {
    std::vector<std::string> unknown;
    checks_ = rule::ParseLintChecks(command.lint, unknown);
    for (const std::string& name : unknown) result_.output += "WARNING: unknown lint option " + name + "\n";
  }

  void CheckText(const std::string& name, const Result<std::string>& text) {
    ++checked_;
    result_.output += "Checking " + (name.empty() ? "standard input" : name) + "\n";
    if (!text.ok()) {
      Fail({text.error().message});
    } else {
      Judge(rule::ParseRuleFile(name.empty() ? "stdin" : name, *text, options_));
    }
    result_.output += "\n";
  }

  CheckedRules Finish() {
    if (invalid_ > 0) {
      result_.errors = fmt::format("belfry: check rules: {} of {} {} invalid\n", invalid_, checked_,
                                   checked_ == 1 ? "file is" : "files are") +
                       result_.errors;
    }
    result_.exit_code = invalid_ > 0 ? kBadInput : linted_ && command_.lint_fatal ? kLintFound : 0;
    return std::move(result_);
  }

 private:
  void Judge(const rule::RuleFile& file) {
    if (!file.ok()) return Fail(LinesOf(file.problems));
    const std::vector<std::string> findings = rule::Lint(file, checks_, options_);
    for (const std::string& finding : findings) {
      if (&finding == &findings.front()) result_.errors += "  FAILED:\n";
      result_.errors += "lint error " + finding + "\n";
    }
    linted_ |= !findings.empty();
    if (!findings.empty()) return;
    size_t rules = 0;
    for (const rule::GroupSpec& group : file.groups) rules += group.rules.size();
    result_.output += fmt::format("  SUCCESS: {} rules found\n", rules);
  }

  // Below an expression that does not parse, the line in question and a caret.
  static std::vector<std::string> LinesOf(const std::vector<rule::Problem>& problems) {
    std::vector<std::string> lines;
    for (const rule::Problem& problem : problems) {
      lines.push_back(problem.ToString());
      if (problem.excerpt.empty()) continue;
      const size_t line_end = problem.excerpt.find('\n');
      lines.push_back("    " + problem.excerpt.substr(0, line_end));
      if (line_end != std::string::npos) lines.push_back("    " + problem.excerpt.substr(line_end + 1));
    }
    return lines;
  }

  void Fail(const std::vector<std::string>& lines) {
    ++invalid_;
    result_.errors += "  FAILED:\n";
    for (const std::string& line : lines) result_.errors += line + "\n";
  }

  const CheckRulesCommand& command_;
  rule::CheckOptions options_;
  rule::LintChecks checks_;
  CheckedRules result_;
  size_t checked_ = 0;
  size_t invalid_ = 0;
  bool linted_ = false;
};

}  // namespace

CheckedRules CheckRules(const FileSystem& files, const CheckRulesCommand& command,
                        const std::optional<std::string>& input) {
  Checker checker(command);
  if (command.paths.empty()) checker.CheckText("", input.value_or(""));
  for (const std::string& given : command.paths) {
    for (const std::string& path : ExpandPatterns(files, {given})) {
      checker.CheckText(path, files.ReadFile(path, rule::kMaxRuleFileBytes));
    }
  }
  return checker.Finish();
}

}  // namespace belfry::cli
