// Running processes are never lost or doubled by a crash; their exit codes and output are kept.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <string>

#include "agent/base/file_system.h"
#include "agent/supervisor/client.h"
#include "tests/agent/supervisor/harness.h"

namespace belfry::supervisor {
namespace {

class CrashTest : public testing::TestWithParam<TreeMode> {
 protected:
  std::string Path(const std::string& name) const { return harness_.scratch.path() + "/" + name; }
  bool Exists(const std::string& name) const { return PosixFileSystem().Stat(Path(name)).ok(); }
  void Touch(const std::string& name) { ASSERT_TRUE(PosixFileSystem().OpenAppend(Path(name), 0644).ok()); }
  // A script that goes on when the file appears.
  std::string WaitFor(const std::string& name) const {
    return "while [ ! -e " + Path(name) + " ]; do sleep 0.02; done; ";
  }

  Harness harness_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Trees, CrashTest, testing::Values(TreeMode::kAuto, TreeMode::kScan),
                         [](const auto& mode) { return mode.param == TreeMode::kScan ? "Scan" : "Auto"; });

TEST_P(CrashTest, ANewAgentFindsWhatRunsAndWhatHasEnded) {
  harness_.Connect();
  const auto ends = harness_.Shell("ends", "echo one; touch " + Path("ended") + "; exit 9");
  const auto runs = harness_.Shell("runs", WaitFor("go") + "exit 6");
  const int64_t pid = harness_.StartAndWait(runs);
  harness_.Disconnect();
  harness_.Connect();
  harness_.client().Start(ends);
  // The agent dies before it hears of the end.
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.started(ends.key).has_value(); }));
  harness_.Disconnect();
  ASSERT_TRUE(harness_.RunUntil([&] { return Exists("ended"); }));
  harness_.Connect();
  EXPECT_EQ(harness_.started(runs.key).value_or(Started{}).pid, pid);
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(ends.key).has_value(); }));
  EXPECT_EQ(harness_.exited(ends.key)->exit_code, 9);
  Touch("go");
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(runs.key).has_value(); }));
  EXPECT_EQ(harness_.exited(runs.key)->exit_code, 6);
}

TEST_P(CrashTest, EndsAreReportedUntilForgotten) {
  const auto request = harness_.Shell("end", "exit 3");
  harness_.Run(request);
  for (int i = 0; i < 3; ++i) {
    harness_.Connect();
    ASSERT_TRUE(harness_.exited(request.key).has_value());
    EXPECT_EQ(harness_.exited(request.key)->exit_code, 3);
  }
  harness_.client().Forget({request.key});
  // The next answer comes after the message before it.
  harness_.Run(harness_.Shell("after", "true"));
  harness_.Connect();
  EXPECT_FALSE(harness_.exited(request.key).has_value());
}

TEST_P(CrashTest, TwentyAgentsUnderLoadLoseAndDoubleNothing) {
  constexpr int kContainers = 60;
  harness_.Connect();
  std::vector<StartRequest> requests;
  for (int i = 0; i < kContainers; ++i) {
    const std::string number = std::to_string(i);
    // One line per run in a common file: two would be a container run twice.
    requests.push_back(
        harness_.Shell("p" + number, "echo " + number + " >> " + Path("runs") + "; exit " + number));
  }
  std::map<ContainerKey, int> codes;
  const auto note = [&] {
    for (const auto& event : harness_.events) {
      if (const auto* exited = std::get_if<Exited>(&event)) codes[exited->key] = exited->exit_code;
    }
  };
  size_t next = 0;
  for (int agent = 0; agent < 20; ++agent) {
    for (int i = 0; i < 3; ++i) harness_.client().Start(requests[next++]);
    const size_t before = harness_.events.size();
    harness_.RunUntil([&] { return harness_.events.size() > before; });
    note();
    harness_.Disconnect();
    harness_.Connect();
    // An agent starts anew what it finds neither running nor ended.
    for (size_t i = 0; i < next; ++i) harness_.client().Start(requests[i]);
  }
  ASSERT_TRUE(harness_.RunUntil([&] {
    note();
    return codes.size() == kContainers;
  }));
  for (int i = 0; i < kContainers; ++i) EXPECT_EQ(codes[requests[static_cast<size_t>(i)].key], i);
  const auto runs = PosixFileSystem().ReadFile(Path("runs"), 1 << 20).value_or("");
  EXPECT_EQ(std::ranges::count(runs, '\n'), kContainers);
}

TEST_P(CrashTest, ANewSupervisorKeepsKnownEndsAndAdoptsWhatRuns) {
  const auto ended = harness_.Shell("ended", "exit 5");
  EXPECT_EQ(harness_.Run(ended).exit_code, 5);
  const auto failed = harness_.Command("failed", {"/no/such/program"});
  harness_.RunFailing(failed);
  const auto runs = harness_.Shell("runs", "echo before; " + WaitFor("go") + "echo after; exit 6");
  const int64_t pid = harness_.StartAndWait(runs);
  ASSERT_TRUE(harness_.WaitForLine(runs, "before"));
  harness_.events.clear();
  harness_.KillSupervisor();
  const auto synced = [&] {
    return std::ranges::any_of(harness_.events,
                               [](const Message& m) { return std::holds_alternative<Synced>(m); });
  };
  ASSERT_TRUE(harness_.RunUntil(synced));
  EXPECT_GE(harness_.lost, 1);
  EXPECT_EQ(harness_.exited(ended.key).value_or(Exited{}).exit_code, 5);
  EXPECT_EQ(harness_.failed(failed.key).value_or(StartFailed{}).reason, "StartError");
  EXPECT_EQ(harness_.started(runs.key).value_or(Started{}).pid, pid);
  EXPECT_TRUE(Alive(pid));
  Touch("go");
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(runs.key).has_value(); }));
  EXPECT_TRUE(harness_.exited(runs.key)->unknown);
  EXPECT_EQ(harness_.exited(runs.key)->exit_code, 137);
  EXPECT_EQ(harness_.Text(runs), "before\nafter\n");
}

TEST_P(CrashTest, AnAdoptedTreeCanBeSignalledAndKilled) {
  const auto request = harness_.Shell(
      "adopted", "trap 'echo term' TERM; setsid sleep 6543210 & echo up; while :; do sleep 0.02; done");
  const int64_t pid = harness_.StartAndWait(request);
  ASSERT_TRUE(harness_.WaitForLine(request, "up"));
  harness_.KillSupervisor();
  harness_.Connect();
  ASSERT_TRUE(harness_.started(request.key).has_value());
  harness_.client().Signal({request.key, SIGTERM});
  EXPECT_TRUE(harness_.WaitForLine(request, "term"));
  harness_.KillSupervisor();
  harness_.Connect();
  harness_.client().Signal({request.key, SIGTERM});  // the second supervisor knows what the first has sent
  harness_.client().Kill({request.key});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_TRUE(harness_.exited(request.key)->unknown);
  EXPECT_FALSE(Alive(pid));
  EXPECT_EQ(harness_.Text(request), "up\nterm\n");
}

TEST_P(CrashTest, WhatEndedWithoutASupervisorIsReportedUnknown) {
  const auto request = harness_.Shell("alone", WaitFor("go") + "sleep 5432109 & exit 0");
  const int64_t pid = harness_.StartAndWait(request);
  harness_.Disconnect();
  harness_.KillSupervisor();
  Touch("go");
  ASSERT_TRUE(harness_.RunUntil([&] { return !Alive(pid); }));
  harness_.Connect();
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_TRUE(harness_.exited(request.key)->unknown);
}

TEST_P(CrashTest, ASupervisorThatNobodyNeedsEnds) {
  harness_.options.supervisor.idle_timeout = milliseconds(100);
  const auto request = harness_.Shell("short", "true");
  harness_.Run(request);
  const int64_t pid = harness_.supervisor_pid();
  harness_.client().Forget({request.key});
  harness_.Disconnect();
  EXPECT_TRUE(harness_.RunUntil([&] { return !Alive(pid); }));
}

// It runs on while a container does, then ends, and the next one tells the next agent what the journal
// remembers.
TEST_P(CrashTest, AnUnacknowledgedEndOutlivesASupervisorThatNobodyNeeds) {
  harness_.options.supervisor.idle_timeout = milliseconds(50);
  const auto waits = harness_.Shell("waits", WaitFor("go") + "exit 8");
  harness_.StartAndWait(waits);
  const int64_t pid = harness_.supervisor_pid();
  harness_.Disconnect();
  int turns = 0;
  harness_.RunUntil([&] { return ++turns > 20; });
  EXPECT_TRUE(Alive(pid));
  Touch("go");
  ASSERT_TRUE(harness_.RunUntil([&] { return !Alive(pid); }));
  harness_.Connect();
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(waits.key).has_value(); }));
  EXPECT_EQ(harness_.exited(waits.key)->exit_code, 8);
  EXPECT_FALSE(harness_.exited(waits.key)->unknown);
}

TEST_P(CrashTest, ShutdownKillsEverything) {
  const auto request = harness_.Shell("daemon", "trap '' TERM; setsid sleep 4321098 & sleep 4321098");
  const int64_t pid = harness_.StartAndWait(request);
  const int64_t supervisor = harness_.supervisor_pid();
  bool done = false;
  harness_.client().Shutdown([&] { done = true; });
  ASSERT_TRUE(harness_.RunUntil([&] { return done; }));
  EXPECT_FALSE(Alive(pid));
  EXPECT_FALSE(Alive(supervisor));
  EXPECT_EQ(harness_.exited(request.key).value_or(Exited{}).exit_code, 137);
}

}  // namespace
}  // namespace belfry::supervisor
