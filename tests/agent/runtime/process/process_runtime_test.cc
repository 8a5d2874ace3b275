#include "agent/runtime/process/process_runtime.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>

#include "agent/base/asio_event_loop.h"

namespace belfry::runtime {
namespace {

class ProcessRuntimeTest : public testing::Test {
 protected:
  ProcessRuntimeTest() {
    std::string name = testing::TempDir() + "belfry-runtime-XXXXXX";
    folder_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    Restart();
  }
  ~ProcessRuntimeTest() override {
    bool done = false;
    runtime_->Shutdown([&] { done = true; });
    EXPECT_TRUE(RunUntil([&] { return done; }));
    runtime_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A new agent takes the place of the old one.
  void Restart() {
    runtime_.reset();
    events_.clear();
    runtime_ =
        std::make_unique<ProcessRuntime>(loop_, files_, ProcessRuntimeOptions{.data_dir = folder_ + "/data"});
    runtime_->OnEvent([this](const RuntimeEvent& event) { events_.push_back(event); });
    runtime_->Connect();
  }

  bool RunUntil(const std::function<bool()>& condition) {
    const Duration deadline = loop_.Monotonic() + seconds(30);
    while (!condition() && loop_.Monotonic() < deadline) loop_.context().run_one_for(milliseconds(20));
    return condition();
  }
  template <class T>
  std::optional<T> Last(const std::function<bool(const T&)>& matches) const {
    std::optional<T> last;
    for (const auto& event : events_) {
      const T* one = std::get_if<T>(&event);
      if (one != nullptr && matches(*one)) last = *one;
    }
    return last;
  }
  template <class T>
  std::optional<T> Wait(const ContainerId& id) {
    const auto find = [&] { return Last<T>([&](const T& event) { return event.id == id; }); };
    RunUntil([&] { return find().has_value(); });
    return find();
  }
  std::optional<RuntimeSynced> WaitForSync() {
    const auto find = [&] { return Last<RuntimeSynced>([](const auto&) { return true; }); };
    RunUntil([&] { return find().has_value(); });
    return find();
  }
  ContainerStart Shell(const std::string& name, const std::string& script) const {
    return {.id = {"uid-" + name, "main", 0},
            .ns = "default",
            .pod = name,
            .argv = {"sh", "-c", script},
            .env = {{"PATH", "/usr/bin:/bin"}},
            .working_dir = folder_,
            .mounts = {}};
  }

  AsioEventLoop loop_;
  PosixFileSystem files_;
  std::string folder_;
  std::vector<RuntimeEvent> events_;
  std::unique_ptr<ProcessRuntime> runtime_;
};

TEST_F(ProcessRuntimeTest, ReportsStartAndEnd) {
  // Before there is any contact: kept until there is.
  const auto start = Shell("first", "echo hello; exit 3");
  runtime_->Start(start);
  EXPECT_TRUE(events_.empty());
  const auto started = Wait<ContainerStarted>(start.id);
  const auto exited = Wait<ContainerExited>(start.id);
  ASSERT_TRUE(started && exited);
  EXPECT_GT(started->pid, 0);
  EXPECT_EQ(exited->exit_code, 3);
  EXPECT_EQ(exited->started_at, started->at);
  EXPECT_TRUE(files_.Stat(folder_ + "/data/logs/default_first_uid-first/main/0.log").ok());
}

TEST_F(ProcessRuntimeTest, AWaitingStartIsKnown) {
  const auto start = Shell("known", "exit 0");
  runtime_->Start(start);
  const auto synced = WaitForSync();
  ASSERT_TRUE(synced.has_value());
  EXPECT_EQ(synced->known, std::vector<ContainerId>{start.id});
}

TEST_F(ProcessRuntimeTest, ReportsWhatCannotBeStarted) {
  auto start = Shell("bad", "");
  start.argv = {"/no/such/tool"};
  runtime_->Start(start);
  const auto failed = Wait<ContainerStartFailed>(start.id);
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->reason, "StartError");
  EXPECT_EQ(failed->message, "exec /no/such/tool: No such file or directory");
}

TEST_F(ProcessRuntimeTest, MakesTheFoldersThatMountsAskFor) {
  auto start = Shell("mounts", "exit 0");
  start.mounts = {{folder_ + "/claims/a/b", "/belfry-test-mount", false, true}};
  runtime_->Start(start);
  const auto info = files_.Stat(folder_ + "/claims/a/b");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->type, FileInfo::Type::kDirectory);
}

TEST_F(ProcessRuntimeTest, AFolderThatCannotBeMadeIsSaid) {
  ASSERT_TRUE(files_.WriteFileAtomically(folder_ + "/file", "", 0644).ok());
  auto start = Shell("mounts", "exit 0");
  start.mounts = {{folder_ + "/file/a", "/belfry-test-mount", false, true}};
  runtime_->Start(start);
  EXPECT_TRUE(events_.empty());  // never from inside a call
  const auto failed = Wait<ContainerStartFailed>(start.id);
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->reason, "CreateContainerError");
  EXPECT_EQ(failed->message, "create folder " + folder_ + "/file/a: Not a directory");
}

TEST_F(ProcessRuntimeTest, SignalsAndKills) {
  const auto polite = Shell("polite", "trap 'exit 4' TERM; echo up; sleep infinity & wait");
  const auto stubborn = Shell("stubborn", "trap '' TERM; sleep infinity");
  for (const auto& start : {polite, stubborn}) {
    runtime_->Start(start);
    ASSERT_TRUE(Wait<ContainerStarted>(start.id));
  }
  ASSERT_TRUE(RunUntil(
      [&] { return files_.Stat(folder_ + "/data/logs/default_polite_uid-polite/main/0.log").ok(); }));
  runtime_->Signal(polite.id, SIGTERM);
  runtime_->Kill(stubborn.id);
  EXPECT_EQ(Wait<ContainerExited>(polite.id).value_or(ContainerExited{}).exit_code, 4);
  EXPECT_EQ(Wait<ContainerExited>(stubborn.id).value_or(ContainerExited{}).exit_code, 137);
}

TEST_F(ProcessRuntimeTest, ANewAgentAdoptsWhatRuns) {
  const auto start = Shell("long", "while [ ! -e go ]; do sleep 0.02; done; exit 5");
  runtime_->Start(start);
  const auto started = Wait<ContainerStarted>(start.id);
  ASSERT_TRUE(started.has_value());
  Restart();
  const auto synced = WaitForSync();
  ASSERT_TRUE(synced.has_value());
  EXPECT_EQ(synced->known, std::vector<ContainerId>{start.id});
  EXPECT_EQ(Wait<ContainerStarted>(start.id).value_or(ContainerStarted{}).pid, started->pid);
  ASSERT_TRUE(files_.OpenAppend(folder_ + "/go", 0644).ok());
  EXPECT_EQ(Wait<ContainerExited>(start.id).value_or(ContainerExited{}).exit_code, 5);
  runtime_->Forget(start.id);
  Restart();
  EXPECT_TRUE(WaitForSync().value_or(RuntimeSynced{{start.id}}).known.empty());
}

TEST_F(ProcessRuntimeTest, RemovePodRemovesItsLogs) {
  const auto start = Shell("gone", "echo x");
  runtime_->Start(start);
  ASSERT_TRUE(Wait<ContainerExited>(start.id));
  runtime_->RemovePod("default", "gone", "uid-gone");
  EXPECT_FALSE(files_.Stat(folder_ + "/data/logs/default_gone_uid-gone").ok());
  runtime_->RemovePod("..", "../..", "x");
  EXPECT_TRUE(files_.Stat(folder_ + "/data/logs").ok());
}

TEST_F(ProcessRuntimeTest, SaysThatTheSupervisorCannotBeStarted) {
  AsioEventLoop loop;
  ProcessRuntime runtime(loop, files_,
                         {.data_dir = folder_ + "/other", .supervisor_binary = "/no/such/belfry"});
  std::optional<Error> error;
  runtime.OnEvent([&](const RuntimeEvent& event) {
    if (const auto* lost = std::get_if<RuntimeLost>(&event)) error = lost->error;
  });
  runtime.Connect();
  const Duration deadline = loop.Monotonic() + seconds(20);
  while (!error && loop.Monotonic() < deadline) loop.context().run_one_for(milliseconds(20));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->message, "start supervisor /no/such/belfry: No such file or directory");
}

}  // namespace
}  // namespace belfry::runtime
