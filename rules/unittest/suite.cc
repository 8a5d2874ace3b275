#include "rules/unittest/suite.h"

#include <re2/re2.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "rules/rule/file_pattern.h"
#include "rules/rule/rule_file.h"

namespace belfry::unittest {
namespace {

using Names = std::vector<std::unique_ptr<RE2>>;

Result<Names> CompileNames(const std::vector<std::string>& texts) {
  Names names;
  for (const std::string& text : texts) {
    RE2::Options quiet;
    quiet.set_log_errors(false);
    names.push_back(std::make_unique<RE2>(text, quiet));
    if (!names.back()->ok()) {
      return Error{Code::kInvalid, "--run \"" + text + "\": " + names.back()->error()};
    }
  }
  return names;
}

bool Wanted(const Names& names, const std::string& name) {
  return names.empty() ||
         std::ranges::any_of(names, [&](const auto& regex) { return RE2::PartialMatch(name, *regex); });
}

// The rules of a test file, read when the first group needs them: a file without tests needs none.
class Rules {
 public:
  Rules(const FileSystem& files, const SuiteOptions& options, const TestFile& test, const std::string& path)
      : files_(files), options_(options), test_(test), folder_(std::filesystem::path(path).parent_path()) {}

  void Find(const Print& print) {
    for (const std::string& pattern : test_.rule_files) {
      const std::filesystem::path path(pattern);
      const std::string full = path.is_absolute() ? pattern : (folder_ / path).lexically_normal().string();
      const std::vector<std::string> matches = rule::MatchFiles(files_, full);
      if (matches.empty()) print(Stream::kErrors, "  WARNING: no file match pattern " + full + "\n");
      for (const std::string& match : matches) {
        if (std::ranges::find(paths_, match) == paths_.end()) paths_.push_back(match);
      }
    }
  }

  const std::vector<rule::GroupSpec>& groups() { return Load(), groups_; }
  const std::vector<std::string>& problems() { return Load(), problems_; }

 private:
  void Load() {
    if (loaded_) return;
    loaded_ = true;
    for (const std::string& path : paths_) LoadFile(path);
    groups_ = InEvaluationOrder(std::move(groups_), test_.group_eval_order);
  }

  void LoadFile(const std::string& path) {
    const auto text = files_.ReadFile(path, rule::kMaxRuleFileBytes);
    if (!text.ok()) return problems_.push_back(text.error().message);
    rule::RuleFile file = rule::ParseRuleFile(
        path, *text,
        {.dialect = options_.run.dialect, .ignore_unknown_fields = options_.ignore_unknown_fields});
    for (const rule::Problem& problem : file.problems) problems_.push_back(problem.ToString());
    std::move(file.groups.begin(), file.groups.end(), std::back_inserter(groups_));
  }

  const FileSystem& files_;
  const SuiteOptions& options_;
  const TestFile& test_;
  std::filesystem::path folder_;
  std::vector<std::string> paths_;
  bool loaded_ = false;
  std::vector<rule::GroupSpec> groups_;
  std::vector<std::string> problems_;
};

void RunGroups(const TestFile& test, const Names& names, const SuiteOptions& options, Rules& rules,
               SuiteReport& report) {
  for (size_t i = 0; i < test.tests.size(); ++i) {
    const TestGroup& group = test.tests[i];
    if (!Wanted(names, group.name)) continue;
    if (!rules.problems().empty()) {
      report.errors = rules.problems();
      return;
    }
    report.cases.push_back({group.name.empty() ? "unnamed#" + std::to_string(i) : group.name,
                            RunTestGroup(group, test, rules.groups(), options.run)});
  }
}

void RunFile(const FileSystem& files, const Names& names, const SuiteOptions& options, const Print& print,
             SuiteReport& report) {
  const auto text = files.ReadFile(report.file, kMaxTestFileBytes);
  if (!text.ok()) return report.errors.push_back(text.error().message);
  const ParsedTestFile parsed =
      ParseTestFile(report.file, *text, {.ignore_unknown_fields = options.ignore_unknown_fields});
  for (const rule::Problem& problem : parsed.problems) report.errors.push_back(problem.ToString());
  if (!parsed.ok()) return;
  Rules rules(files, options, parsed.file, report.file);
  rules.Find(print);
  RunGroups(parsed.file, names, options, rules, report);
}

void PrintReport(const SuiteReport& report, const Print& print) {
  if (report.ok()) return print(Stream::kOutput, "  SUCCESS\n\n");
  std::string text = "  FAILED:\n";
  for (const std::string& error : report.errors) text += error + "\n";
  for (const CaseReport& one : report.cases) {
    for (const std::string& failure : one.failures) text += failure + "\n";
  }
  print(Stream::kErrors, text);
  print(Stream::kOutput, "\n");
}

}  // namespace

Result<std::vector<SuiteReport>> RunTestFiles(const FileSystem& files, const std::vector<std::string>& paths,
                                              const SuiteOptions& options, const Print& print) {
  ASSIGN_OR_RETURN(const Names names, CompileNames(options.names));
  std::vector<SuiteReport> reports;
  for (const std::string& path : paths) {
    SuiteReport& report = reports.emplace_back();
    report.file = path;
    report.started = options.run.clock.Now();
    print(Stream::kOutput, "Unit Testing:  " + path + "\n");
    RunFile(files, names, options, print, report);
    PrintReport(report, print);
  }
  return reports;
}

}  // namespace belfry::unittest
