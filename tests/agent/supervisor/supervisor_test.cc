#include "agent/supervisor/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "tests/agent/supervisor/harness.h"

namespace belfry::supervisor {
namespace {

using testing::HasSubstr;

class SupervisorTest : public testing::TestWithParam<TreeMode> {
 protected:
  Harness harness_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Trees, SupervisorTest, testing::Values(TreeMode::kAuto, TreeMode::kScan),
                         [](const auto& mode) { return mode.param == TreeMode::kScan ? "Scan" : "Auto"; });

TEST_P(SupervisorTest, ReportsExitCodes) {
  for (const int code : {0, 1, 3, 42, 127, 255}) {
    const auto exited =
        harness_.Run(harness_.Shell("exit-" + std::to_string(code), "exit " + std::to_string(code)));
    EXPECT_EQ(exited.exit_code, code);
    EXPECT_EQ(exited.signal, 0);
    EXPECT_FALSE(exited.unknown);
    EXPECT_GE(exited.finished_at, exited.started_at);
  }
}

TEST_P(SupervisorTest, ReportsSignalsAs128PlusNumber) {
  for (const int signal : {SIGKILL, SIGTERM, SIGSEGV}) {
    const auto request =
        harness_.Shell("signal-" + std::to_string(signal), "kill -" + std::to_string(signal) + " $$");
    const auto exited = harness_.Run(request);
    EXPECT_EQ(exited.exit_code, 128 + signal);
    EXPECT_EQ(exited.signal, signal);
  }
}

TEST_P(SupervisorTest, WritesBothStreamsToTheLog) {
  const auto request = harness_.Shell("log", "echo out; echo err >&2; printf 'no newline'");
  harness_.Run(request);
  const auto lines = harness_.Log(request);
  ASSERT_EQ(lines.size(), 3U);
  std::map<std::string, std::pair<logs::Stream, bool>> seen;
  for (const auto& line : lines) seen[line.text] = {line.stream, line.partial};
  EXPECT_EQ(seen["out"], (std::pair{logs::Stream::kStdout, false}));
  EXPECT_EQ(seen["err"], (std::pair{logs::Stream::kStderr, false}));
  EXPECT_EQ(seen["no newline"], (std::pair{logs::Stream::kStdout, true}));
}

TEST_P(SupervisorTest, StartsTheSameContainerOnce) {
  harness_.Connect();
  const auto request = harness_.Shell("once", "echo started; read line < /dev/null; exit 5");
  harness_.client().Start(request);
  harness_.client().Start(request);
  harness_.Run(request);
  EXPECT_EQ(harness_.exited(request.key)->exit_code, 5);
  EXPECT_EQ(harness_.Text(request), "started\n");
}

TEST_P(SupervisorTest, GivesTheProcessNothingButWhatWasAsked) {
  auto request =
      harness_.Shell("plain",
                     "env; echo cwd=$(pwd); set -- /proc/self/fd/*; echo fds=$#; readlink /proc/$$/fd/0; "
                     "grep -E 'SigBlk|SigIgn' /proc/self/status");
  request.env = {{"PATH", "/usr/bin:/bin"}, {"ANSWER", "a b"}};
  harness_.Run(request);
  const std::string text = harness_.Text(request);
  EXPECT_THAT(text, HasSubstr("ANSWER=a b\n"));
  EXPECT_THAT(text, HasSubstr("cwd=" + harness_.scratch.path() + "\n"));
  EXPECT_THAT(text, HasSubstr("/dev/null\n"));
  EXPECT_THAT(text, HasSubstr("SigBlk:\t0000000000000000\n"));
  EXPECT_THAT(text, HasSubstr("SigIgn:\t0000000000000000\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("HOME=")));
  // 0, 1, 2 and the folder that the shell is just listing.
  EXPECT_THAT(text, HasSubstr("fds=4\n"));
}

TEST_P(SupervisorTest, LeadsASessionOfItsOwn) {
  const auto request = harness_.Shell("session", "cut -d' ' -f1,5,6 /proc/$$/stat");
  const auto exited = harness_.Run(request);
  EXPECT_EQ(exited.exit_code, 0);
  std::istringstream text(harness_.Text(request));
  int64_t pid = 0;
  int64_t group = 0;
  int64_t session = 0;
  text >> pid >> group >> session;
  EXPECT_EQ(pid, harness_.started(request.key)->pid);
  EXPECT_EQ(group, pid);
  EXPECT_EQ(session, pid);
}

struct ExecCase {
  const char* name;
  std::vector<std::string> argv;
  std::string message;
};

TEST_P(SupervisorTest, SaysWhyAProgramCannotBeExecuted) {
  const std::string folder = harness_.scratch.path();
  std::ofstream(folder + "/plain") << "#!/bin/sh\n";
  std::ofstream(folder + "/orphan") << "#!/no/such/interpreter\n";
  std::ofstream(folder + "/garbage") << "\x01\x02\x03";
  ::chmod((folder + "/orphan").c_str(), 0755);
  ::chmod((folder + "/garbage").c_str(), 0755);
  const std::vector<ExecCase> cases = {
      {"missing", {"/bin/no-such-tool"}, "exec /bin/no-such-tool: No such file or directory"},
      {"not-in-path",
       {"no-such-tool"},
       "exec no-such-tool: No such file or directory (looked for in the container's PATH)"},
      {"not-executable", {folder + "/plain"}, "exec " + folder + "/plain: Permission denied"},
      {"folder", {folder}, "exec " + folder + ": Is a directory"},
      {"format", {folder + "/garbage"}, "exec " + folder + "/garbage: Exec format error"},
      {"interpreter",
       {folder + "/orphan"},
       "exec " + folder +
           "/orphan: No such file or directory (the file is there, the interpreter that it names is not)"},
      {"relative", {"./nothing"}, "exec ./nothing: No such file or directory"},
      {"below-file", {folder + "/plain/x"}, "exec " + folder + "/plain/x: Not a directory"},
      {"no-command", {}, "exec: the container has no command"},
      {"empty-command", {""}, "exec: the container has no command"},
      {"nul", {"/bin/echo", std::string("a\0b", 3)}, "exec: argument 1 contains a NUL byte"},
      {"long", {"/bin/echo", std::string(300'000, 'x')}, "exec /bin/echo: Argument list too long"},
  };
  for (const auto& c : cases) {
    const auto failed = harness_.RunFailing(harness_.Command(c.name, c.argv));
    EXPECT_EQ(failed.reason, "StartError") << c.name;
    EXPECT_EQ(failed.message, c.message) << c.name;
  }
}

TEST_P(SupervisorTest, SaysThatTheWorkingFolderIsMissing) {
  auto request = harness_.Shell("cwd", "true");
  request.working_dir = "/no/such/folder";
  const auto failed = harness_.RunFailing(request);
  EXPECT_EQ(failed.reason, "StartError");
  EXPECT_EQ(failed.message, "chdir /no/such/folder: No such file or directory");
}

TEST_P(SupervisorTest, LooksForTheProgramInTheContainersPath) {
  const std::string folder = harness_.scratch.path();
  std::ofstream(folder + "/my-tool") << "#!/bin/sh\necho found\n";
  ::chmod((folder + "/my-tool").c_str(), 0755);
  auto request = harness_.Command("path", {"my-tool"});
  request.env = {{"PATH", "/no/such/folder:" + folder + ":/bin"}};
  harness_.Run(request);
  EXPECT_EQ(harness_.Text(request), "found\n");
  // Without a PATH of its own, the default one.
  request = harness_.Command("default-path", {"echo", "there"});
  request.env = {};
  harness_.Run(request);
  EXPECT_EQ(harness_.Text(request), "there\n");
}

TEST_P(SupervisorTest, SignalsTheMainProcessOnly) {
  const auto request =
      harness_.Shell("term", "trap 'echo got it; exit 7' TERM; echo ready; sleep infinity & wait");
  harness_.StartAndWait(request);
  ASSERT_TRUE(harness_.WaitForLine(request, "ready"));
  harness_.client().Signal({request.key, SIGTERM});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_EQ(harness_.exited(request.key)->exit_code, 7);
  EXPECT_EQ(harness_.Text(request), "ready\ngot it\n");
}

TEST_P(SupervisorTest, TheSameSignalGoesToARunOnce) {
  const auto request = harness_.Shell(
      "once",
      "trap 'echo term' TERM; trap 'echo usr; exit 0' USR1; echo ready; while :; do sleep 0.02; done");
  harness_.StartAndWait(request);
  ASSERT_TRUE(harness_.WaitForLine(request, "ready"));
  harness_.client().Signal({request.key, SIGTERM});
  ASSERT_TRUE(harness_.WaitForLine(request, "term"));
  harness_.client().Signal({request.key, SIGTERM});
  harness_.Disconnect();
  harness_.Connect();  // a new agent, which cannot know of the first
  harness_.client().Signal({request.key, SIGTERM});
  harness_.client().Signal({request.key, SIGUSR1});
  ASSERT_TRUE(harness_.RunUntil([&] { return harness_.exited(request.key).has_value(); }));
  EXPECT_EQ(harness_.Text(request), "ready\nterm\nusr\n");
}

}  // namespace
}  // namespace belfry::supervisor
