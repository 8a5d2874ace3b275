// A stopped container leaves no process behind, whatever its processes do to get away.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/supervisor/process_list.h"
#include "agent/supervisor/process_tree.h"
#include "tests/agent/supervisor/harness.h"

namespace belfry::supervisor {
namespace {

class ProcessTreeTest : public testing::TestWithParam<TreeMode> {
 protected:
  // Living processes that were given `word` as an argument.
  std::vector<pid_t> ProcessesWith(const std::string& word) const {
    PosixFileSystem files;
    std::vector<pid_t> found;
    for (const auto& process : ListProcesses()) {
      const auto command = files.ReadFile("/proc/" + std::to_string(process.pid) + "/cmdline", 1 << 20);
      const bool ours = command.ok() && command->find('\0' + word + '\0') != std::string::npos;
      if (ours && !process.dead()) found.push_back(process.pid);
    }
    return found;
  }
  // A number for `sleep` that nobody else uses: it marks a test's own processes.
  std::string UniqueSleep() const {
    const auto info = ::testing::UnitTest::GetInstance()->current_test_info();
    return std::to_string(1'000'000 +
                          std::hash<std::string>()(info->name() + harness_.scratch.path()) % 9'000'000);
  }
  std::vector<pid_t> Children(int64_t parent) const {
    std::vector<pid_t> children;
    for (const auto& process : ListProcesses()) {
      if (process.parent == parent) children.push_back(process.pid);
    }
    return children;
  }

  Harness harness_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Trees, ProcessTreeTest, testing::Values(TreeMode::kAuto, TreeMode::kScan),
                         [](const auto& mode) { return mode.param == TreeMode::kScan ? "Scan" : "Auto"; });

struct Escape {
  const char* name;
  const char* script;  // @ is a process that is to be found afterwards
};

// The main process ends by itself, with 4; what it has left behind must be gone by the time that is reported.
TEST_P(ProcessTreeTest, EndOfTheMainProcessEndsAllOthers) {
  const std::vector<Escape> escapes = {
      {"background", "@ & exit 4"},
      {"orphan", "(@ &) ; exit 4"},
      {"double-fork", "(setsid sh -c '@ & exit 0' &) ; setsid @ & exit 4"},
      {"new-session", "setsid @ & setsid setsid @ & exit 4"},
      {"ignores-signals", "(trap '' TERM HUP INT; @) & exit 4"},
      {"empty-environment", "env -i /bin/sh -c '@' & exit 4"},
      {"daemon", "env -i setsid /bin/sh -c '(@ &) ; (@ &)' ; exit 4"},
      {"many", "i=0; while [ $i -lt 40 ]; do @ & i=$((i+1)); done; exit 4"},
  };
  for (const auto& escape : escapes) {
    const std::string word = UniqueSleep();
    std::string script = escape.script;
    for (size_t at = 0; (at = script.find('@')) != std::string::npos;)
      script.replace(at, 1, "/bin/sleep " + word);
    const auto exited = harness_.Run(harness_.Shell(escape.name, script));
    EXPECT_EQ(exited.exit_code, 4) << escape.name;
    EXPECT_TRUE(ProcessesWith(word).empty()) << escape.name;
  }
}

TEST_P(ProcessTreeTest, KillEndsATreeThatIgnoresSignals) {
  const std::string word = UniqueSleep();
  const auto request =
      harness_.Shell("stubborn", "trap '' TERM INT HUP; setsid /bin/sleep " + word + " & (/bin/sleep " +
                                     word + " &); echo up; while :; do wait; done");
  harness_.StartAndWait(request);
  ASSERT_TRUE(harness_.WaitForLine(request, "up"));
  harness_.client().Signal({request.key, SIGTERM});
  harness_.client().Kill({request.key});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_EQ(harness_.exited(request.key)->exit_code, 137);
  EXPECT_EQ(harness_.exited(request.key)->signal, SIGKILL);
  EXPECT_TRUE(ProcessesWith(word).empty());
}

// Every process starts two more, up to a bound that keeps the machine usable.
TEST_P(ProcessTreeTest, KillEndsAForkBomb) {
  const std::string word = UniqueSleep();
  const auto request = harness_.Shell(
      "bomb", "ulimit -u 4000; b() { [ $1 -gt 0 ] && { b $(($1-1)) & b $(($1-1)) & } ; /bin/sleep " + word +
                  "; }; b 6 & b 6 & echo up; wait");
  harness_.StartAndWait(request);
  ASSERT_TRUE(harness_.WaitForLine(request, "up"));
  harness_.client().Kill({request.key});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_EQ(harness_.exited(request.key)->exit_code, 137);
  EXPECT_TRUE(ProcessesWith(word).empty());
}

TEST_P(ProcessTreeTest, OtherContainersLiveOn) {
  const std::string word = UniqueSleep();
  const auto other =
      harness_.Shell("other", "(setsid /bin/sleep " + word + " &); echo up; wait; /bin/sleep " + word);
  harness_.StartAndWait(other);
  ASSERT_TRUE(harness_.WaitForLine(other, "up"));
  ASSERT_TRUE(harness_.RunUntil([&] { return ProcessesWith(word).size() == 2; }));
  EXPECT_EQ(harness_.Run(harness_.Shell("first", "/bin/sleep 7777777 & exit 0")).exit_code, 0);
  EXPECT_EQ(ProcessesWith(word).size(), 2U);
  harness_.client().Kill({other.key});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(other.key).has_value(); }));
  EXPECT_TRUE(ProcessesWith(word).empty());
}

TEST_P(ProcessTreeTest, KillBeforeTheBirthIsKeptForIt) {
  harness_.Connect();
  const auto request = harness_.Shell("at-once", "sleep 8888888");
  harness_.client().Start(request);
  harness_.client().Kill({request.key});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_EQ(harness_.exited(request.key)->exit_code, 137);
}

TEST_P(ProcessTreeTest, LeavesNoZombies) {
  for (int i = 0; i < 10; ++i) {
    harness_.Run(
        harness_.Shell("z" + std::to_string(i), "(true &) ; setsid true & (sleep 9999999 &) ; true"));
  }
  harness_.RunFailing(harness_.Command("fails", {"/no/such/program"}));
  const int64_t supervisor = harness_.supervisor_pid();
  EXPECT_TRUE(harness_.RunUntil([&] { return Children(supervisor).empty(); }));
}

TEST_P(ProcessTreeTest, KeepsNoDescriptorsOfEndedContainers) {
  PosixFileSystem files;
  harness_.Run(harness_.Shell("first", "echo x"));
  const std::string folder = "/proc/" + std::to_string(harness_.supervisor_pid()) + "/fd";
  const size_t before = files.ListDirectory(folder).value_or({}).size();
  for (int i = 0; i < 20; ++i) harness_.Run(harness_.Shell("fd" + std::to_string(i), "echo x; echo y >&2"));
  for (int i = 0; i < 20; ++i)
    harness_.RunFailing(harness_.Command("no" + std::to_string(i), {"/no/such/program"}));
  EXPECT_LE(files.ListDirectory(folder).value_or({}).size(), before + 1);
}

}  // namespace
}  // namespace belfry::supervisor
