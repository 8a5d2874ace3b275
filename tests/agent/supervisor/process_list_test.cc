#include "agent/supervisor/process_list.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/supervisor/cgroup.h"
#include "agent/supervisor/options.h"
#include "agent/supervisor/scan_tree.h"

namespace belfry::supervisor {
namespace {

TEST(ProcessListTest, ReadsStatWithAnyName) {
  const std::string tail = " S 7 42 43 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200\n";
  for (const std::string name : {"sh", "a b", "x) S 1 (y", "", ") ) )"}) {
    const auto process = ParseStat("42 (" + name + ")" + tail);
    ASSERT_TRUE(process.has_value()) << name;
    EXPECT_EQ(*process,
              (ProcessInfo{.pid = 42, .parent = 7, .session = 43, .state = 'S', .start_ticks = 98765}));
  }
}

TEST(ProcessListTest, RefusesWhatIsNoStat) {
  for (const char* text : {"", "42", "42 (sh)", "42 (sh) S 1 2 3", "garbage"})
    EXPECT_FALSE(ParseStat(text)) << text;
}

ProcessInfo Process(pid_t pid, pid_t parent, pid_t session, char state = 'S') {
  return {.pid = pid, .parent = parent, .session = session, .state = state, .start_ticks = 1};
}

std::vector<pid_t> Pids(const std::vector<ProcessInfo>& processes) {
  std::vector<pid_t> pids;
  for (const auto& process : processes) pids.push_back(process.pid);
  std::ranges::sort(pids);
  return pids;
}

TEST(SelectTreeTest, TakesSessionMarksAndDescendants) {
  const std::vector<ProcessInfo> all = {
      Process(1, 0, 1),         Process(10, 1, 10),   // somebody else
      Process(20, 5, 20),       Process(21, 20, 20),  // main and a child
      Process(22, 1, 20),                             // an orphan of the session
      Process(30, 1, 30),       Process(31, 30, 31),  // marked, in a session of its own, and its child
      Process(32, 31, 31, 'Z'),                       // dead already
  };
  EXPECT_EQ(Pids(SelectTree(all, {.main = 20, .main_known_dead = false, .marked = {30}, .strays = {}})),
            (std::vector<pid_t>{20, 21, 22, 30, 31}));
}

TEST(SelectTreeTest, ASessionWhoseNumberWasUsedAgainIsSomebodyElses) {
  const std::vector<ProcessInfo> all = {Process(20, 1, 20), Process(21, 20, 20)};
  EXPECT_TRUE(SelectTree(all, {.main = 20, .main_known_dead = true, .marked = {}, .strays = {}}).empty());
}

TEST(OwnCgroupFolderTest, FindsVersion2Everywhere) {
  const std::string pure = "24 1 0:21 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
  const std::string hybrid =
      "24 1 0:21 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n25 24 0:22 / /sys/fs/cgroup/unified rw shared:4 - "
      "cgroup2 none rw\n";
  const std::string part = "24 1 0:21 /docker/abc /mnt/with\\040blank rw - cgroup2 cgroup2 rw\n";
  struct Case {
    std::string mounts;
    std::string own;
    std::string folder;
  };
  const std::vector<Case> cases = {
      {pure, "0::/system.slice/belfry.service\n", "/sys/fs/cgroup/system.slice/belfry.service"},
      {pure, "0::/\n", "/sys/fs/cgroup"},
      {hybrid, "4:memory:/x\n0::/a\n", "/sys/fs/cgroup/unified/a"},
      {part, "0::/docker/abc/d\n", "/mnt/with blank/d"},
  };
  for (const auto& c : cases) EXPECT_EQ(OwnCgroupFolder(c.mounts, c.own).value_or("none"), c.folder);
  EXPECT_FALSE(OwnCgroupFolder(pure, "4:memory:/x\n").ok());
  EXPECT_FALSE(OwnCgroupFolder("24 1 0:21 / / rw - ext4 x rw\n", "0::/a\n").ok());
  EXPECT_FALSE(OwnCgroupFolder("", "").ok());
}

TEST(SupervisorOptionsTest, SurviveTheCommandLine) {
  const SupervisorOptions options{.data_dir = "/var/lib/belfry",
                                  .agent_fd = 3,
                                  .log_limits = {.max_file_bytes = 123, .max_files = 4},
                                  .idle_timeout = milliseconds(1500),
                                  .tree_mode = TreeMode::kScan,
                                  .spawn_threads = 3};
  EXPECT_EQ(FromArguments(ToArguments(options)).value_or({}), options);
}

TEST(SupervisorOptionsTest, RefuseWithTheArgumentsName) {
  const auto error = [](const std::vector<std::string>& arguments) {
    const auto options = FromArguments(arguments);
    return options.ok() ? "" : options.error().message;
  };
  EXPECT_EQ(error({"--what", "x"}), "unknown argument --what");
  EXPECT_EQ(error({"--data-dir"}), "--data-dir: a value is missing");
  EXPECT_EQ(error({"--agent-fd", "x"}), "--agent-fd: \"x\" is not a number");
  EXPECT_EQ(error({"--process-trees", "x"}), "--process-trees: \"x\" is not auto, cgroups or scan");
  EXPECT_EQ(error({"--data-dir", "rel"}), "--data-dir: \"rel\" is not an absolute path");
  EXPECT_EQ(error({"--data-dir", "/d", "--log-max-files", "0"}), "--log-max-files: must be at least 1");
}

}  // namespace
}  // namespace belfry::supervisor
