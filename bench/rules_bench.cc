// The rule engine over the rows of many Jobs and over two hours of history; bench/rules.py compares with
// Prometheus.
//
//   rules_bench page NOW JOBS batch|mixed          the rows as a page to be scraped
//   rules_bench alerts NOW JOBS batch|mixed FILE   the rule file evaluated every 15 s over the same rows
//   rules_bench history NOW                        two hours of samples as bodies of remote write, each after
//   its length rules_bench queries NOW FILE                   expressions over the same samples; a line:
//   instant|range EXPR rules_bench store SERIES                       what history costs: series x two hours
//   at 15 s
// Measurements go to stdout as JSON, one object a line. `batch`: every Job in namespace batch; `mixed`: a
// fifth.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "agent/base/fake_event_loop.h"
#include "agent/base/fake_file_system.h"
#include "bench/job_history.h"
#include "exporters/exposition/page.h"
#include "exporters/kube/kube_rows.h"
#include "rules/promql/engine.h"
#include "rules/promql/parser.h"
#include "rules/rule/engine.h"
#include "rules/rule/rule_file.h"
#include "rules/storage/head.h"
#include "rules/storage/snapshot_queryable.h"

namespace belfry::bench {
namespace {

double SecondsOf(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
double Wall() { return SecondsOf(CLOCK_MONOTONIC); }
double Cpu() { return SecondsOf(CLOCK_THREAD_CPUTIME_ID); }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double ResidentMb(const char* key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::strtod(line.c_str() + std::strlen(key), nullptr) / 1024;
  }
  return 0;
}

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "rules_bench: %s\n", what.c_str());
  std::exit(1);
}

// --- The rows ---

// Of a hundred Jobs five have failed, ten run, three of these for too long.
api::Job MakeJob(size_t i, Instant now, bool all_batch) {
  api::Job job;
  job.metadata.ns = all_batch || i % 5 == 0 ? "batch" : "team-" + std::to_string(i % 5);
  job.metadata.name = "nightly-report-" + std::to_string(28'000'000 + i);
  job.metadata.creation_timestamp = now - seconds(1200);
  job.spec.active_deadline_seconds = 3600;
  job.status.start_time = job.metadata.creation_timestamp;
  const size_t kind = i / 5 % 100;
  if (kind < 5) {
    job.status.failed = 1;
    job.status.conditions = {
        {.type = "Failed", .status = api::ConditionStatus::kTrue, .reason = "BackoffLimitExceeded"}};
  } else if (kind < 15) {
    job.status.active = 1;
    if (kind < 8) job.status.start_time = now - seconds(2 * 3600);
  } else {
    job.status.succeeded = 1;
    job.status.conditions = {{.type = "Complete", .status = api::ConditionStatus::kTrue}};
  }
  return job;
}

api::CronJob MakeCronJob(size_t i, Instant now) {
  api::CronJob cronjob;
  cronjob.metadata.ns = "batch";
  cronjob.metadata.name = "nightly-" + std::to_string(i);
  cronjob.metadata.creation_timestamp = now - hours(48);
  cronjob.status.last_schedule_time = now - (i % 10 == 0 ? hours(2) : minutes(10));
  return cronjob;
}

std::unique_ptr<kube::KubeRows> MakeRows(size_t jobs, Instant now, bool all_batch) {
  auto rows = std::make_unique<kube::KubeRows>([](const api::CronJobSpec&, Instant) {
    return kube::NextSchedule{true, std::nullopt};
  });
  const auto add = [&rows](auto object, uint64_t version) {
    const auto shared = std::make_shared<const decltype(object)>(std::move(object));
    const store::Change change{api::KeyOf(*shared), std::nullopt, api::Object(shared), version};
    rows->Apply({&change, 1});
  };
  for (size_t i = 0; i < jobs; ++i) add(MakeJob(i, now, all_batch), i + 1);
  for (size_t i = 0; i < jobs / 20; ++i) add(MakeCronJob(i, now), jobs + i + 1);
  return rows;
}

// Only the families that the rules name: fewer series for the scraper to hold than the rows have.
int WritePage(Instant now, size_t jobs, bool all_batch) {
  const std::string page =
      exposition::WritePage({MakeRows(jobs, now, all_batch)->Take()}, model::TextFormat::kPrometheus);
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    for (const char* family :
         {"kube_job_status_failed", "kube_job_status_start_time", "kube_job_spec_active_deadline_seconds",
          "kube_cronjob_status_last_schedule_time", "kube_job_status_active"}) {
      if (line.find(family) < 10) std::printf("%s\n", line.c_str());
    }
  }
  return 0;
}

// --- The rules ---

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) Die("cannot read " + path);
  return text.str();
}

struct AlertCount {
  size_t pending = 0;
  size_t firing = 0;
};

int RunAlerts(Instant now, size_t jobs, bool all_batch, const std::string& path) {
  constexpr int kWarm = 2;
  constexpr int kRounds = 45;  // 11 minutes: every alert comes to fire
  const auto rows = MakeRows(jobs, now, all_batch);
  const double rows_mb = (rows->Take(), ResidentMb("VmRSS:"));
  FakeEventLoop loop(now);
  FakeFileSystem files;
  AlertCount count;
  rule::RuleEngine engine(
      loop, files, {.default_interval = seconds(15)},
      [&](Instant at) {
        return std::make_shared<storage::SnapshotQueryable>(
            std::vector<std::shared_ptr<const model::Snapshot>>{rows->Take()}, at);
      },
      [&](const rule::GroupAlerts& group) {
        count = {};
        for (const rule::Alert* alert : group.alerts) {
          if (alert->state == rule::AlertState::kPending) ++count.pending;
          if (alert->state == rule::AlertState::kFiring) ++count.firing;
        }
      });
  const rule::RuleFile file = rule::ParseRuleFile(path, ReadAll(path));
  if (!file.ok()) Die(file.problems[0].ToString());
  if (const auto set = engine.SetGroups(file.groups); !set.ok()) Die(set.error().message);
  engine.Start();
  std::vector<double> wall, cpu;
  for (int round = 0; round < kWarm + kRounds; ++round) {
    const double wall_before = Wall();
    const double cpu_before = Cpu();
    loop.Advance(seconds(15));
    if (round < kWarm) continue;
    wall.push_back(Wall() - wall_before);
    cpu.push_back(Cpu() - cpu_before);
  }
  std::printf(
      "{\"jobs\": %zu, \"wall\": %.6f, \"cpu\": %.6f, \"worst\": %.6f, \"pending\": %zu, \"firing\": %zu, "
      "\"rows_mb\": %.1f, \"peak_mb\": %.1f}\n",
      jobs, Median(wall), Median(cpu), *std::max_element(wall.begin(), wall.end()), count.pending,
      count.firing, rows_mb, ResidentMb("VmHWM:"));
  return 0;
}

// --- The history ---

// What two engines can compare: how many values, and their sum.
struct Digest {
  size_t series = 0;
  size_t values = 0;
  double sum = 0;
};

Digest DigestOf(const promql::Value& value) {
  Digest digest;
  if (const auto* vector = std::get_if<promql::Vector>(&value)) {
    digest.series = digest.values = vector->size();
    for (const auto& sample : *vector) digest.sum += sample.value;
  }
  if (const auto* matrix = std::get_if<promql::Matrix>(&value)) {
    digest.series = matrix->size();
    for (const auto& series : *matrix) {
      digest.values += series.samples.size();
      for (const auto& sample : series.samples) digest.sum += sample.value;
    }
  }
  return digest;
}

Digest RunQuery(const std::string& line, Instant now, const storage::Head& head) {
  const size_t blank = line.find(' ');
  const bool range = line.substr(0, blank) == "range";
  const auto expr = promql::Parse(line.substr(blank + 1), {.dialect = promql::Dialect::kPrometheus2});
  if (!expr.ok()) Die(expr.error().message);
  const promql::EvalOptions options{.dialect = promql::Dialect::kPrometheus2};
  const auto value = range ? promql::EvaluateRange(**expr, now - hours(2), now, minutes(1), head, options)
                           : promql::EvaluateInstant(**expr, now, head, options);
  if (!value.ok()) Die(line + ": " + value.error().message);
  return DigestOf(*value);
}

int RunQueries(Instant now, const std::string& path) {
  storage::Head head({.retention = hours(3), .max_bytes = 1ULL << 30});
  ForEachSample(now, [&head](const model::Labels& labels, int64_t time_ms, double value) {
    head.Append(labels, time_ms, value);
  });
  std::istringstream lines(ReadAll(path));
  for (std::string line; std::getline(lines, line);) {
    std::vector<double> wall;
    Digest digest;
    for (int round = 0; round < 7; ++round) {
      const double before = Wall();
      digest = RunQuery(line, now, head);
      wall.push_back(Wall() - before);
    }
    std::printf(
        "{\"wall\": %.6f, \"series\": %zu, \"values\": %zu, \"sum\": %.17g, \"peak_mb\": %.1f, "
        "\"bytes_per_sample\": %.3f}\n",
        Median(wall), digest.series, digest.values, digest.sum, ResidentMb("VmHWM:"),
        static_cast<double>(head.stats().chunk_bytes) / static_cast<double>(head.stats().samples));
    std::fflush(stdout);
  }
  return 0;
}

int WriteHistory(Instant now) {
  for (const std::string& body : RemoteWriteBodies(now)) {
    const auto size = static_cast<uint32_t>(body.size());
    std::fwrite(&size, sizeof size, 1, stdout);
    std::fwrite(body.data(), body.size(), 1, stdout);
  }
  return 0;
}

// Job-like values: of ten series seven stay as they are, two count up now and then, one is a gauge that
// wanders.
double StoredValue(size_t series, size_t step) {
  if (series % 10 < 7) return static_cast<double>(1'700'000'000 + series);
  if (series % 10 < 9) return static_cast<double>(series % 100 + (step + series) / 7);
  return static_cast<double>((series * 31 + step * step) % 40);
}

int MeasureStore(size_t count) {
  constexpr size_t kSteps = 2 * 3600 / 15;
  const double before = ResidentMb("VmRSS:");
  storage::Head head({.retention = hours(2), .max_bytes = 1ULL << 30});
  std::vector<model::Labels> labels;
  for (size_t i = 0; i < count; ++i) {
    labels.push_back({{"__name__", "kube_job_status_" + std::to_string(i % 10)},
                      {"job_name", "nightly-report-" + std::to_string(28'000'000 + i / 10)},
                      {"namespace", "batch"}});
  }
  const double labels_mb = ResidentMb("VmRSS:") - before;
  const double began = Cpu();
  for (size_t step = 0; step < kSteps; ++step) {
    const auto time_ms = static_cast<int64_t>(step) * 15'000;
    for (size_t i = 0; i < count; ++i) head.Append(labels[i], time_ms, StoredValue(i, step));
  }
  const double cpu = Cpu() - began;
  const storage::HeadStats stats = head.stats();
  std::printf(
      "{\"series\": %zu, \"samples\": %zu, \"bytes_per_sample\": %.3f, \"resident_mb\": %.1f, "
      "\"estimated_mb\": %.1f, \"append_ns\": %.0f}\n",
      stats.series, stats.samples,
      static_cast<double>(stats.chunk_bytes) / static_cast<double>(stats.samples),
      ResidentMb("VmRSS:") - before - labels_mb, static_cast<double>(stats.bytes) / (1 << 20),
      cpu * 1e9 / static_cast<double>(stats.samples));
  return 0;
}

int Main(const std::vector<std::string>& args) {
  const auto number = [&args](size_t i) { return std::strtoull(args.at(i).c_str(), nullptr, 10); };
  const std::string verb = args.empty() ? "" : args[0];
  if (verb == "store" && args.size() == 2) return MeasureStore(number(1));
  if (args.size() < 2) Die("usage: rules_bench page|alerts|history|queries|store …");
  const Instant now = FromUnixSeconds(static_cast<int64_t>(number(1)));
  if (verb == "page" && args.size() == 4) return WritePage(now, number(2), args[3] == "batch");
  if (verb == "alerts" && args.size() == 5) return RunAlerts(now, number(2), args[3] == "batch", args[4]);
  if (verb == "history" && args.size() == 2) return WriteHistory(now);
  if (verb == "queries" && args.size() == 3) return RunQueries(now, args[2]);
  Die("unknown verb " + verb);
}

}  // namespace
}  // namespace belfry::bench

int main(int argc, char** argv) { return belfry::bench::Main({argv + 1, argv + argc}); }
