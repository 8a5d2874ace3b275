// Large Jobs cost in proportion to their completions, and never hold the loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "agent/base/log.h"
#include "tests/support/agent_world.h"

namespace belfry::controllers {
namespace {

using testing::AgentWorld;
using testing::SimpleJob;

struct Cost {
  double cpu_seconds = 0;
  uint64_t reconciles = 0;
};

Cost RunIndexed(int32_t completions) {
  AgentWorld world([](const runtime::ContainerStart& start) {
    return runtime::Script{.duration = milliseconds(100 + static_cast<int64_t>(start.pod.size() % 7) * 10)};
  });
  const std::clock_t before = std::clock();  // processor time: a busy machine does not count
  world.Create(SimpleJob("large", [&](api::JobSpec& spec) {
    spec.completion_mode = "Indexed";
    spec.completions = completions;
    spec.parallelism = 100;
  }));
  for (int i = 0; i < 1000 && !IsFinished(*world.Get<api::Job>("large")); ++i) world.Run(seconds(1));
  const auto job = world.Get<api::Job>("large");
  EXPECT_TRUE(IsComplete(*job));
  EXPECT_EQ(job->status.completed_indexes, "0-" + std::to_string(completions - 1));
  EXPECT_EQ(world.runtime().starts().size(), static_cast<size_t>(completions));
  uint64_t reconciles = 0;
  for (const ControllerStats& stats : world.manager().Stats()) reconciles += stats.reconciles;
  return {static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, reconciles};
}

// The middle one by processor time: a machine that is slower for a moment must not decide.
Cost Median(std::vector<Cost> costs) {
  std::ranges::sort(costs, {}, &Cost::cpu_seconds);
  return costs[costs.size() / 2];
}

TEST(JobScale, TenTimesTheCompletionsCostTenTimesAsMuch) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "times AddressSanitizer's allocator, not the controller; the plain build measures it";
#endif
  std::vector<Cost> small_runs;
  std::vector<Cost> large_runs;
  for (int round = 0; round < 3; ++round) {
    small_runs.push_back(RunIndexed(200));
    large_runs.push_back(RunIndexed(2000));
  }
  const Cost small = Median(small_runs);
  const Cost large = Median(large_runs);
  RecordProperty("microseconds_per_completion_200", static_cast<int>(small.cpu_seconds * 1e6 / 200));
  RecordProperty("microseconds_per_completion_2000", static_cast<int>(large.cpu_seconds * 1e6 / 2000));
  EXPECT_LT(large.cpu_seconds, small.cpu_seconds * 10 * 1.5);
  EXPECT_LT(large.reconciles, small.reconciles * 11);
}

}  // namespace
}  // namespace belfry::controllers
