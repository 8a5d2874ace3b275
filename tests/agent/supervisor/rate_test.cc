#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "agent/supervisor/process_list.h"
#include "tests/agent/supervisor/harness.h"

namespace belfry::supervisor {
namespace {

constexpr int kRuns = 500;

// Runs a second by the bare system calls, from two threads.
double RawRate(const Clock& clock) {
  std::atomic<int> left{kRuns};
  const Duration start = clock.Monotonic();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (left.fetch_sub(1) > 0) {
        char name[] = "/bin/true";
        char* argv[] = {name, nullptr};
        char* env[] = {nullptr};
        pid_t pid = 0;
        if (::posix_spawn(&pid, name, nullptr, nullptr, argv, env) == 0) ::waitpid(pid, nullptr, 0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return kRuns / ToSeconds(clock.Monotonic() - start);
}

class RateTest : public testing::TestWithParam<TreeMode> {};

INSTANTIATE_TEST_SUITE_P(Trees, RateTest, testing::Values(TreeMode::kAuto, TreeMode::kScan),
                         [](const auto& mode) { return mode.param == TreeMode::kScan ? "Scan" : "Auto"; });

// Prints the rate; the budget is held by the benchmark on an optimised build. What is checked is that every
// run ends well.
TEST_P(RateTest, RunsShortProgramsInQuickSuccession) {
  Harness harness(GetParam());
  harness.Connect();
  const double raw = RawRate(harness.loop);
  int ended = 0;
  int next = 0;
  size_t seen = harness.events.size();
  const auto start_one = [&] {
    harness.client().Start(harness.Command("true-" + std::to_string(next++), {"/bin/true"}));
  };
  const Duration start = harness.loop.Monotonic();
  for (int i = 0; i < 4; ++i) start_one();
  ASSERT_TRUE(harness.RunUntil([&] {
    for (; seen < harness.events.size(); ++seen) {
      const auto* exited = std::get_if<Exited>(&harness.events[seen]);
      if (exited == nullptr) continue;
      EXPECT_EQ(exited->exit_code, 0);
      harness.client().Forget({exited->key});
      ++ended;
      if (next < kRuns) start_one();
    }
    return ended == kRuns;
  }));
  const double rate = kRuns / ToSeconds(harness.loop.Monotonic() - start);
  std::printf("%d x /bin/true, four at a time: %.0f/s, bare posix_spawn %.0f/s, ratio %.2f\n", kRuns, rate,
              raw, rate / raw);
}

}  // namespace
}  // namespace belfry::supervisor
