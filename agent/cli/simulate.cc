#include "agent/cli/simulate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "agent/base/log.h"
#include "agent/cli/config.h"
#include "agent/cli/cron_next.h"
#include "agent/cli/exit.h"
#include "agent/cli/field_override.h"
#include "agent/cli/input.h"
#include "agent/cli/rule_set.h"
#include "agent/cli/shipped_rules.h"
#include "agent/cli/simulate_report.h"
#include "agent/cron/zone.h"
#include "agent/manifest/loader.h"
#include "agent/simulation/simulation.h"
#include "rules/rule/rule_file.h"

namespace belfry::cli {
namespace {

Result<Instant> ReadTime(std::string_view option, const std::string& text, Instant now) {
  auto time = ParseTimeArgument(text, now);
  if (!time.ok()) return Annotate(std::move(time).error(), option);
  return time;
}

Result<Duration> ReadDefaultDuration(const std::string& text) {
  auto duration = ParseDuration(text);
  if (!duration.ok()) return Annotate(std::move(duration).error(), "--default-duration");
  if (*duration < Duration(0)) return Error{Code::kInvalid, "--default-duration: must not be negative"};
  return duration;
}

Result<std::vector<api::Object>> ReadObjects(const FileSystem& files, const SimulateCommand& command) {
  std::optional<std::string> text;
  if (std::ranges::find(command.manifests, "-") != command.manifests.end()) text = ReadStandardInput();
  const manifest::LoadResult loaded = manifest::Load(files, command.manifests, text);
  if (!loaded.errors.empty()) return AsError(loaded.errors);
  std::vector<api::Object> objects;
  for (const manifest::ParsedObject& parsed : loaded.objects) {
    const auto cronjob = api::As<api::CronJob>(parsed.object);
    if (cronjob == nullptr) {
      objects.push_back(parsed.object);
      continue;
    }
    ASSIGN_OR_RETURN(const api::Ptr<api::CronJob> changed, WithFields(cronjob, command.set));
    objects.emplace_back(changed);
  }
  return objects;
}

Result<void> AddFile(const std::string& path, std::string_view text, std::vector<rule::GroupSpec>& groups) {
  rule::RuleFile file = rule::ParseRuleFile(path, text);
  if (!file.ok()) return rule::ToError(file.problems);
  std::ranges::move(file.groups, std::back_inserter(groups));
  return {};
}

// Those of the manifests, and of the files named; without either those that belong to the binary.
Result<std::vector<rule::GroupSpec>> ReadRules(const FileSystem& files,
                                               const std::vector<std::string>& patterns,
                                               const std::vector<api::Object>& objects) {
  std::vector<rule::GroupSpec> groups;
  if (patterns == std::vector<std::string>{"none"}) return groups;
  bool any = !patterns.empty();
  for (const std::string& path : ExpandPatterns(files, patterns)) {
    ASSIGN_OR_RETURN(const std::string text, files.ReadFile(path, rule::kMaxRuleFileBytes));
    RETURN_IF_ERROR(AddFile(path, text, groups));
  }
  for (const api::Object& object : objects) {
    const auto rules = api::As<api::PrometheusRule>(object);
    if (rules == nullptr) continue;
    any = true;
    rule::CheckedGroups checked = rule::CheckGroups(GroupTexts(*rules));
    if (!checked.problems.empty()) return rule::ToError(checked.problems);
    std::ranges::move(checked.groups, std::back_inserter(groups));
  }
  if (!any) RETURN_IF_ERROR(AddFile("batch-outcomes.yaml", ShippedRules(), groups));
  return groups;
}

Result<simulation::History> ReadDurations(const FileSystem& files, const std::string& path) {
  if (path.empty()) return simulation::History();
  ASSIGN_OR_RETURN(const std::string text, files.ReadFile(path, simulation::kMaxHistoryBytes));
  return simulation::ReadHistory(path, text);
}

Result<void> CheckZone(const std::string& name) {
  const auto zone = cron::LoadZone(name);
  return zone.ok() ? Result<void>() : Annotate(zone.error(), fmt::format("--time-zone \"{}\"", name));
}

void Print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<void> PrintText(const simulation::Scenario& scenario, bool summary_only) {
  const SimulateText text(scenario);
  ASSIGN_OR_RETURN(const simulation::Summary summary,
                   simulation::Simulate(scenario, [&](const simulation::Event& event) {
                     if (!summary_only) Print(text.Line(event));
                   }));
  if (!summary_only && summary.events > 0) Print("\n");
  Print(text.Sums(summary));
  return {};
}

Result<void> PrintJson(const simulation::Scenario& scenario, bool summary_only) {
  SimulateJson json(scenario);
  Print(json.Begin());
  ASSIGN_OR_RETURN(const simulation::Summary summary,
                   simulation::Simulate(scenario, [&](const simulation::Event& event) {
                     if (!summary_only) Print(json.Line(event));
                   }));
  Print(json.End(summary));
  return {};
}

}  // namespace

Result<simulation::Scenario> ReadScenario(const FileSystem& files, const SimulateCommand& command,
                                          Instant now) {
  simulation::Scenario scenario;
  ASSIGN_OR_RETURN(scenario.from, ReadTime("--from", command.from, now));
  ASSIGN_OR_RETURN(scenario.to, ReadTime("--to", command.to, now));
  ASSIGN_OR_RETURN(scenario.fallback.duration, ReadDefaultDuration(command.default_duration));
  RETURN_IF_ERROR(CheckZone(command.time_zone));
  scenario.time_zone = command.time_zone;
  ASSIGN_OR_RETURN(scenario.objects, ReadObjects(files, command));
  ASSIGN_OR_RETURN(scenario.rules, ReadRules(files, command.rules, scenario.objects));
  ASSIGN_OR_RETURN(scenario.history, ReadDurations(files, command.durations));
  RETURN_IF_ERROR(simulation::Check(scenario));
  return scenario;
}

int RunSimulation(const SimulateCommand& command, Instant now) {
  SetUpLog({.level = LogLevel::kError});
  const auto scenario = ReadScenario(PosixFileSystem(), command, now);
  if (!scenario.ok()) return Fail(Annotate(scenario.error(), "simulate"), kBadInput);
  const auto done = command.output == Output::kJson ? PrintJson(*scenario, command.summary_only)
                                                    : PrintText(*scenario, command.summary_only);
  std::fflush(stdout);
  return done.ok() ? 0 : Fail(Annotate(done.error(), "simulate"), kBadInput);
}

}  // namespace belfry::cli
