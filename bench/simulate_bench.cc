// A year of 100 hourly CronJobs with the shipped alerts, against the least that any simulation must do: find
// each slot and note the run. Besides what a simulation costs that never goes in a circle.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/file_system.h"
#include "agent/cron/expression.h"
#include "agent/manifest/parse.h"
#include "agent/simulation/simulation.h"
#include "rules/rule/rule_file.h"

namespace belfry {
namespace {

constexpr int kCronJobs = 100;

std::string ScheduleOf(int index, bool spread) {
  return std::to_string(spread ? index * 7 % 60 : 0) + " * * * *";
}

std::string Manifests(bool spread) {
  std::string text;
  for (int i = 0; i < kCronJobs; ++i) {
    text +=
        "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: job-" + std::to_string(i) +
        ", namespace: batch}\nspec:\n  schedule: \"" + ScheduleOf(i, spread) +
        "\"\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "
        "busybox, command: [work]}]}}}}\n";
  }
  return text;
}

simulation::Scenario MakeScenario(bool spread, bool rules, Duration span) {
  simulation::Scenario scenario{.objects = {}, .rules = {}, .from = FromUnixSeconds(1767225600)};  // 2026
  scenario.to = scenario.from + span;
  for (const auto& parsed : manifest::ParseManifests("bench", Manifests(spread)).objects) {
    scenario.objects.push_back(parsed.object);
  }
  if (rules) {
    const std::string path = "rules/alerts/batch-outcomes.yaml";
    const auto text = PosixFileSystem().ReadFile(path, rule::kMaxRuleFileBytes);
    if (text.ok()) scenario.rules = rule::ParseRuleFile(path, *text).groups;
    if (scenario.rules.empty()) std::printf("%s cannot be read: no rules\n", path.c_str());
  }
  return scenario;
}

// Units: seconds.
double Baseline(bool spread, Duration span, size_t& runs) {
  const Duration begin = SystemClock().Monotonic();
  const Instant from = FromUnixSeconds(1767225600);
  std::map<std::pair<std::string, Instant>, int> noted;
  for (int i = 0; i < kCronJobs; ++i) {
    const cron::Schedule schedule = *cron::Parse(ScheduleOf(i, spread));
    const std::string name = "job-" + std::to_string(i);
    for (auto slot = cron::Next(schedule, cron::Zone(), from - Duration(1)); slot && *slot < from + span;
         slot = cron::Next(schedule, cron::Zone(), *slot)) {
      noted[{name, *slot}] = 0;
    }
  }
  runs = noted.size();
  return ToSeconds(SystemClock().Monotonic() - begin);
}

double Simulated(const simulation::Scenario& scenario, simulation::Effort effort,
                 simulation::Summary& summary) {
  const Duration begin = SystemClock().Monotonic();
  auto done = simulation::Simulate(
      scenario, [](const simulation::Event&) {}, effort);
  if (done.ok()) summary = *std::move(done);
  return ToSeconds(SystemClock().Monotonic() - begin);
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void Compare(const char* what, const simulation::Scenario& scenario, simulation::Effort effort, bool spread,
             int rounds) {
  std::vector<double> baselines;
  std::vector<double> times;
  simulation::Summary summary;
  size_t runs = 0;
  for (int i = 0; i < rounds; ++i) {
    baselines.push_back(Baseline(spread, scenario.to - scenario.from, runs));
    times.push_back(Simulated(scenario, effort, summary));
  }
  const double time = Median(times);
  std::printf("%-46s %8zu runs %9llu events %8.2f s %10.0f events/s %8.1f x baseline (%.3f s)\n", what, runs,
              static_cast<unsigned long long>(summary.events), time,
              static_cast<double>(summary.events) / time, time / Median(baselines), Median(baselines));
}

}  // namespace
}  // namespace belfry

int main() {
  using belfry::simulation::Effort;
  const auto year = belfry::hours(24 * 365);
  const auto six_hours = belfry::hours(6);
  std::printf(
      "baseline: Next() of every slot and one std::map insert a run; medians of 3, of 1 for six hours\n");
  for (const bool spread : {false, true}) {
    const std::string where = spread ? "spread over the hour" : "all at minute 0";
    belfry::Compare(("a year, " + where + ", shipped rules").c_str(),
                    belfry::MakeScenario(spread, true, year), Effort::kOncePerCycle, spread, 3);
    belfry::Compare(("6 h lived through, " + where + ", rules").c_str(),
                    belfry::MakeScenario(spread, true, six_hours), Effort::kEveryInstant, spread, 1);
    belfry::Compare(("6 h lived through, " + where).c_str(), belfry::MakeScenario(spread, false, six_hours),
                    Effort::kEveryInstant, spread, 1);
  }
}
