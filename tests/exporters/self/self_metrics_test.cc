#include "exporters/self/self_metrics.h"

#include <gtest/gtest.h>

#include <map>

#include "agent/base/fake_file_system.h"
#include "exporters/self/agent_metrics.h"

namespace belfry::self {
namespace {

// Every series of the snapshot: `name{labels}` → value.
std::map<std::string, double> Series(SelfMetrics& metrics) {
  std::map<std::string, double> all;
  const auto snapshot = metrics.Take();
  for (size_t i = 0; i < snapshot->families().size(); ++i) {
    snapshot->Visit(i, [&](std::string_view name, model::LabelsView labels, double value) {
      EXPECT_TRUE(all.emplace(model::Labels::Of(name, labels).ToString(), value).second) << name;
    });
  }
  return all;
}

std::map<std::string, model::MetricType> Types(SelfMetrics& metrics) {
  std::map<std::string, model::MetricType> types;
  const auto snapshot = metrics.Take();
  for (const model::Family& family : snapshot->families())
    EXPECT_TRUE(types.emplace(family.name, family.type).second) << family.name;
  return types;
}

class SelfMetricsTest : public testing::Test {
 protected:
  FakeFileSystem files_;
  SelfMetrics metrics_{files_,
                       {.version = "1.2.3", .revision = "abc", .branch = "main", .compiler = "GCC 12"}};
};

TEST_F(SelfMetricsTest, SaysWhatItWasBuiltFrom) {
  EXPECT_EQ(Series(metrics_)
                [R"(belfry_build_info{branch="main", compiler="GCC 12", revision="abc", version="1.2.3"})"],
            1);
  EXPECT_EQ(Types(metrics_)["belfry_build"], model::MetricType::kInfo);
}

TEST_F(SelfMetricsTest, CountersShowZeroAtOnceAndCount) {
  const Counter counter = metrics_.GetCounter("belfry_x_total", "X.", {{"result", "error"}});
  EXPECT_EQ(Series(metrics_)[R"(belfry_x_total{result="error"})"], 0);
  counter.Increment();
  metrics_.GetCounter("belfry_x_total", "X.", {{"result", "error"}}).Increment(2);
  EXPECT_EQ(Series(metrics_)[R"(belfry_x_total{result="error"})"], 3);
  EXPECT_EQ(Types(metrics_)["belfry_x"], model::MetricType::kCounter);
}

TEST_F(SelfMetricsTest, HistogramsAreCumulativeAndClosed) {
  const Histogram histogram = metrics_.GetHistogram("belfry_y_seconds", "Y.", {1, 2.5});
  for (const double value : {0.5, 1.0, 2.0, 99.0}) histogram.Observe(value);
  auto series = Series(metrics_);
  EXPECT_EQ(series[R"(belfry_y_seconds_bucket{le="1.0"})"], 2);
  EXPECT_EQ(series[R"(belfry_y_seconds_bucket{le="2.5"})"], 3);
  EXPECT_EQ(series[R"(belfry_y_seconds_bucket{le="+Inf"})"], 4);
  EXPECT_EQ(series["belfry_y_seconds_sum"], 102.5);
  EXPECT_EQ(series["belfry_y_seconds_count"], 4);
}

TEST_F(SelfMetricsTest, GaugesShowTheirLastValue) {
  const Gauge gauge = metrics_.GetGauge("belfry_z", "Z.");
  gauge.Set(5);
  gauge.Add(-2);
  EXPECT_EQ(Series(metrics_)["belfry_z"], 3);
}

TEST_F(SelfMetricsTest, HandlesOfNothingCountNothing) {
  Counter().Increment();
  Gauge().Set(1);
  Histogram().Observe(1);
  EXPECT_EQ(Counter().value(), 0);
}

TEST_F(SelfMetricsTest, AsksForReadingsAtEachTake) {
  double value = 1;
  metrics_.AddReading({.name = "belfry_a", .help = "A.", .type = model::MetricType::kCounter, .unit = {}},
                      {{"k", "1"}}, [&] { return value; });
  metrics_.AddReading({.name = "belfry_b", .help = "B.", .type = model::MetricType::kGauge, .unit = {}}, {},
                      [] { return 7; });
  metrics_.AddReading({.name = "belfry_a", .help = "A.", .type = model::MetricType::kCounter, .unit = {}},
                      {{"k", "2"}}, [] { return 9; });
  EXPECT_EQ(Series(metrics_)[R"(belfry_a_total{k="1"})"], 1);
  value = 2;
  EXPECT_EQ(Series(metrics_)[R"(belfry_a_total{k="1"})"], 2);
  EXPECT_EQ(Series(metrics_)[R"(belfry_a_total{k="2"})"], 9);
  Types(metrics_);  // no family twice
}

TEST_F(SelfMetricsTest, LeavesOutWhatTheKernelDoesNotSay) {
  for (const auto& [name, value] : Series(metrics_)) EXPECT_FALSE(name.starts_with("process_")) << name;
}

TEST_F(SelfMetricsTest, ReadsTheProcessFromProc) {
  ASSERT_TRUE(files_
                  .WriteFileAtomically("/proc/self/stat",
                                       "123 (a) b) (c) S 1 123 123 0 -1 4194560 2000 0 0 0 250 50 0 0 20 0 7 "
                                       "0 500 1048576 256 18446744073709551615 1 1 0\n")
                  .ok());
  ASSERT_TRUE(
      files_.WriteFileAtomically("/proc/stat", "cpu  1 2 3\nintr 5\nbtime 1500000000\nprocesses 9\n").ok());
  ASSERT_TRUE(
      files_.WriteFileAtomically("/proc/self/status", "Name:\tx\nVmPeak:\t  99 kB\nVmRSS:\t    2048 kB\n")
          .ok());
  ASSERT_TRUE(files_
                  .WriteFileAtomically(
                      "/proc/self/limits",
                      "Limit                     Soft Limit           Hard Limit           Units     \n"
                      "Max open files            1024                 524288               files     \n"
                      "Max address space         unlimited            unlimited            bytes     \n")
                  .ok());
  for (const char* fd : {"0", "1", "2"})
    ASSERT_TRUE(files_.WriteFileAtomically(std::string("/proc/self/fd/") + fd, "").ok());
  auto series = Series(metrics_);
  EXPECT_EQ(series["process_cpu_seconds_total"], 3);  // 300 ticks of 1/100 s
  EXPECT_EQ(series["process_start_time_seconds"], 1500000005);
  EXPECT_EQ(series["process_threads"], 7);
  EXPECT_EQ(series["process_virtual_memory_bytes"], 1048576);
  EXPECT_EQ(series["process_resident_memory_bytes"], 2048 * 1024);
  EXPECT_EQ(series["process_max_fds"], 1024);
  EXPECT_EQ(series["process_open_fds"], 3);
  EXPECT_FALSE(series.contains("process_virtual_memory_max_bytes"));  // unlimited is no number
}

TEST_F(SelfMetricsTest, TornProcFilesShowNothing) {
  for (const char* text : {"", "x", "1 (a", "1 (a) S", "1 (a) S 1 2 3 x x x x x x x x y z"}) {
    ASSERT_TRUE(files_.WriteFileAtomically("/proc/self/stat", text).ok());
    for (const auto& [name, value] : Series(metrics_))
      EXPECT_FALSE(name.starts_with("process_")) << name << " of " << text;
  }
}

TEST_F(SelfMetricsTest, TheAgentsFamiliesCount) {
  AgentMetrics agent(metrics_);
  auto series = Series(metrics_);
  EXPECT_EQ(series[R"(belfry_store_commits_total{result="error"})"], 0);
  EXPECT_EQ(series["belfry_log_dropped_bytes_total"], 0);
  agent.Reconciled("job", true, 0.001);
  agent.ScrapeDone(true, 1000, 0.1);
  agent.NotificationSent("webhook", false);
  agent.StoreCommitted(false, 0.002);
  agent.ConfigReloaded(true, 1500000000);
  agent.log_dropped_bytes.Increment(17);
  series = Series(metrics_);
  EXPECT_EQ(series[R"(belfry_reconciles_total{controller="job", result="success"})"], 1);
  EXPECT_EQ(series[R"(belfry_reconcile_duration_seconds_count{controller="job"})"], 1);
  EXPECT_EQ(series[R"(belfry_scrapes_total{result="success"})"], 1);
  EXPECT_EQ(series["belfry_scrape_bytes_total"], 1000);
  EXPECT_EQ(series[R"(belfry_notifications_total{integration="webhook", result="error"})"], 1);
  EXPECT_EQ(series[R"(belfry_notifications_total{integration="webhook", result="success"})"], 0);
  EXPECT_EQ(series["belfry_store_degraded"], 1);
  EXPECT_EQ(series["belfry_config_last_reload_success_timestamp_seconds"], 1500000000);
  EXPECT_EQ(series["belfry_log_dropped_bytes_total"], 17);
}

}  // namespace
}  // namespace belfry::self
