// Scenarios from manifests, and what they come to as short lines.
#pragma once

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/manifest/parse.h"
#include "agent/simulation/simulation.h"
#include "rules/rule/rule_file.h"

namespace belfry::simulation {

inline Instant At(const std::string& text) { return *ParseRfc3339(text); }

// A CronJob whose Jobs do not retry. `extra`: further lines of its spec, `annotations`: of its metadata.
inline std::string CronJobText(const std::string& name, const std::string& schedule,
                               const std::string& extra = "", const std::string& annotations = "{}",
                               int backoff_limit = 0) {
  return fmt::format(R"(---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: {}, namespace: default, annotations: {}}}
spec:
  schedule: "{}"
  {}
  jobTemplate:
    spec:
      backoffLimit: {}
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: main, image: busybox, command: [work]}}]
)",
                     name, annotations, schedule, extra, backoff_limit);
}

inline std::vector<api::Object> Objects(const std::string& manifests) {
  const manifest::Parsed parsed = manifest::ParseManifests("test.yaml", manifests);
  for (const manifest::Problem& problem : parsed.errors) ADD_FAILURE() << problem.ToString();
  std::vector<api::Object> objects;
  for (const manifest::ParsedObject& object : parsed.objects) objects.push_back(object.object);
  return objects;
}

inline std::vector<rule::GroupSpec> Rules(const std::string& text) {
  rule::RuleFile file = rule::ParseRuleFile("rules.yaml", text);
  for (const rule::Problem& problem : file.problems) ADD_FAILURE() << problem.ToString();
  return std::move(file.groups);
}

inline Scenario ScenarioOf(const std::string& manifests, const std::string& from, const std::string& to) {
  return {.objects = Objects(manifests), .rules = {}, .from = At(from), .to = At(to)};
}

// "10:15:00 skipped etl 10:15:00 Forbid": time, kind, object, and what else there is.
inline std::string LineOf(const Event& event) {
  const auto clock = [](Instant t) { return FormatRfc3339Seconds(t).substr(11, 8); };
  std::string line = fmt::format("{} {} ", clock(event.at), EventKindName(event.kind));
  if (IsAlert(event.kind)) {
    line += event.alert + " " + event.labels.ToString();
  } else {
    line += event.job.empty() || event.kind == EventKind::kHeld ? event.cronjob : event.job;
  }
  if (event.slot) line += " " + clock(*event.slot);
  if (event.count != 1) line += fmt::format(" x{}", event.count);
  for (const std::string& text : {event.reason, event.message}) line += text.empty() ? "" : " " + text;
  if (event.kind == EventKind::kHeld) line += " " + event.job + " still runs";
  if (event.took && event.took != Duration(0)) line += " " + FormatDuration(*event.took);
  return line;
}

struct Told {
  std::vector<std::string> lines;
  std::vector<Event> events;
  Summary summary;
};

inline Told Tell(const Scenario& scenario, Effort effort = Effort::kOncePerCycle) {
  Told told;
  const auto summary = Simulate(
      scenario,
      [&](const Event& event) {
        told.events.push_back(event);
        told.lines.push_back(LineOf(event));
      },
      effort);
  EXPECT_TRUE(summary.ok()) << (summary.ok() ? "" : summary.error().message);
  if (summary.ok()) told.summary = *summary;
  return told;
}

}  // namespace belfry::simulation
