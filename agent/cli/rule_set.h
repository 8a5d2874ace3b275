// All rule groups of the agent: those of rule files and those of PrometheusRule objects.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/api/prometheus_rule.h"
#include "agent/base/file_system.h"
#include "rules/rule/group_spec.h"

namespace belfry::cli {

struct RuleProblems {
  std::string origin;  // the file or object
  std::vector<std::string> messages;
};

// An origin with a mistake keeps the groups it had. Thread: one.
class RuleSet {
 public:
  explicit RuleSet(rule::CheckOptions options = {}) : options_(options) {}

  // The files of the patterns (`*`, `?` and `[a-z]` in any part of a path) instead of those read before.
  void LoadFiles(const FileSystem& files, const std::vector<std::string>& patterns);
  void Put(const api::PrometheusRule& object);
  void Remove(const api::Key& object);

  // In the order of their origins.
  std::vector<rule::GroupSpec> Groups() const;
  std::vector<RuleProblems> Problems() const;

 private:
  struct Origin {
    bool is_file = false;
    std::vector<rule::GroupSpec> groups;
    std::vector<std::string> problems;
  };
  void Set(const std::string& origin, bool is_file, std::vector<rule::GroupSpec> groups,
           const std::vector<rule::Problem>& problems);

  rule::CheckOptions options_;
  std::map<std::string, Origin> origins_;
};

// The groups of an object as the rule engine reads them; their file is `namespace/name`.
std::vector<rule::GroupText> GroupTexts(const api::PrometheusRule& object);

// The files that `patterns` name, sorted; a pattern without wildcards names itself. Errors of folders yield
// nothing.
std::vector<std::string> ExpandPatterns(const FileSystem& files, const std::vector<std::string>& patterns);

}  // namespace belfry::cli
