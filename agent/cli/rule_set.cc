#include "agent/cli/rule_set.h"

#include <set>

#include "rules/rule/file_pattern.h"
#include "rules/rule/rule_file.h"

namespace belfry::cli {

std::vector<rule::GroupText> GroupTexts(const api::PrometheusRule& object) {
  std::vector<rule::GroupText> groups;
  for (const api::RuleGroup& group : object.groups) {
    rule::GroupText text{.file = object.metadata.ns + "/" + object.metadata.name,
                         .name = group.name,
                         .interval = group.interval,
                         .query_offset = group.query_offset,
                         .limit = group.limit,
                         .labels = group.labels};
    for (const api::Rule& rule : group.rules) {
      text.rules.push_back({.record = rule.record,
                            .alert = rule.alert,
                            .expr = rule.expr,
                            .for_duration = rule.for_duration,
                            .keep_firing_for = rule.keep_firing_for,
                            .labels = rule.labels,
                            .annotations = rule.annotations});
    }
    groups.push_back(std::move(text));
  }
  return groups;
}

std::vector<std::string> ExpandPatterns(const FileSystem& files, const std::vector<std::string>& patterns) {
  std::set<std::string> found;
  for (const std::string& pattern : patterns) {
    if (!rule::IsPattern(pattern)) {
      found.insert(pattern);  // also if it is not there: reading it says so
      continue;
    }
    const auto matches = rule::MatchFiles(files, pattern);
    found.insert(matches.begin(), matches.end());
  }
  return {found.begin(), found.end()};
}

void RuleSet::LoadFiles(const FileSystem& files, const std::vector<std::string>& patterns) {
  const auto paths = ExpandPatterns(files, patterns);
  const std::set<std::string> wanted(paths.begin(), paths.end());
  std::erase_if(origins_,
                [&](const auto& origin) { return origin.second.is_file && !wanted.contains(origin.first); });
  for (const std::string& path : paths) {
    const auto text = files.ReadFile(path, rule::kMaxRuleFileBytes);
    if (!text.ok()) {
      Set(path, true, {}, {{.file = path, .message = text.error().message}});
      continue;
    }
    rule::RuleFile file = rule::ParseRuleFile(path, *text, options_);
    Set(path, true, std::move(file.groups), file.problems);
  }
}

void RuleSet::Put(const api::PrometheusRule& object) {
  rule::CheckedGroups checked = rule::CheckGroups(GroupTexts(object), options_);
  Set(object.metadata.ns + "/" + object.metadata.name, false, std::move(checked.groups), checked.problems);
}

void RuleSet::Remove(const api::Key& object) { origins_.erase(object.ns + "/" + object.name); }

void RuleSet::Set(const std::string& origin, bool is_file, std::vector<rule::GroupSpec> groups,
                  const std::vector<rule::Problem>& problems) {
  Origin& entry = origins_[origin];
  entry.is_file = is_file;
  entry.problems.clear();
  for (const rule::Problem& problem : problems) entry.problems.push_back(problem.ToString());
  if (problems.empty()) entry.groups = std::move(groups);
}

std::vector<rule::GroupSpec> RuleSet::Groups() const {
  std::vector<rule::GroupSpec> groups;
  for (const auto& [name, origin] : origins_) {
    groups.insert(groups.end(), origin.groups.begin(), origin.groups.end());
  }
  return groups;
}

std::vector<RuleProblems> RuleSet::Problems() const {
  std::vector<RuleProblems> problems;
  for (const auto& [name, origin] : origins_) {
    if (!origin.problems.empty()) problems.push_back({name, origin.problems});
  }
  return problems;
}

}  // namespace belfry::cli
