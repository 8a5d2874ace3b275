#include "agent/cli/check.h"

#include <fmt/core.h>

#include "agent/base/file_system.h"
#include "agent/cli/config.h"
#include "agent/cli/rule_set.h"
#include "agent/manifest/loader.h"

namespace belfry::cli {
namespace {

std::string Count(size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

void AddProblems(const std::vector<manifest::Problem>& problems, std::string& out) {
  for (const manifest::Problem& problem : problems) out += problem.ToString() + "\n";
}

// PromQL and templates of PrometheusRule objects: the manifests' own check does not know them.
void CheckRuleObject(const manifest::ParsedObject& parsed, std::string& errors) {
  const auto object = api::As<api::PrometheusRule>(parsed.object);
  if (!object) return;
  for (const rule::Problem& problem : rule::CheckGroups(GroupTexts(*object)).problems) {
    errors += fmt::format("{}:{}: {}\n", parsed.file, parsed.line, problem.ToString());
  }
}

CheckResult CheckManifests(const FileSystem& files, const std::vector<std::string>& paths) {
  const manifest::LoadResult loaded = manifest::Load(files, paths);
  CheckResult result;
  AddProblems(loaded.errors, result.errors);
  for (const manifest::ParsedObject& parsed : loaded.objects) CheckRuleObject(parsed, result.errors);
  for (const manifest::Problem& warning : loaded.warnings)
    result.output += "warning: " + warning.ToString() + "\n";
  for (const manifest::ParsedObject& parsed : loaded.objects) {
    result.output +=
        fmt::format("ok: {}:{}: {}\n", parsed.file, parsed.line, api::KeyOf(parsed.object).ToString());
  }
  result.output += Count(loaded.objects.size(), "object") + ", " + Count(loaded.errors.size(), "error") +
                   ", " + Count(loaded.warnings.size(), "warning") + "\n";
  return result;
}

CheckResult CheckConfigs(const FileSystem& files, const std::vector<std::string>& paths) {
  CheckResult result;
  for (const std::string& path : paths) {
    const ParsedConfig parsed = LoadConfig(files, path);
    AddProblems(parsed.problems, result.errors);
    if (!parsed.problems.empty()) continue;
    const auto listener = CheckListener(parsed.config);
    if (listener.ok()) {
      result.output += fmt::format("ok: {}\n", path);
    } else {
      result.errors += fmt::format("{}: {}\n", path, listener.error().message);
    }
  }
  return result;
}

}  // namespace

CheckResult Check(const CheckCommand& command) {
  const PosixFileSystem files;
  switch (command.what) {
    case CheckCommand::What::kManifests:
      return CheckManifests(files, command.paths);
    case CheckCommand::What::kConfig:
      return CheckConfigs(files, command.paths);
  }
  return {};
}

}  // namespace belfry::cli
