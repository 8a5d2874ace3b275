#include "tests/agent/supervisor/harness.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "agent/logs/reader.h"
#include "agent/supervisor/process_list.h"

namespace belfry::supervisor {

ScratchFolder::ScratchFolder() {
  std::string name = testing::TempDir() + "belfry-supervisor-XXXXXX";
  path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
  EXPECT_FALSE(path_.empty());
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Harness::Harness(TreeMode mode) {
  options.binary = "/proc/self/exe";
  options.supervisor.data_dir = scratch.path() + "/data";
  options.supervisor.tree_mode = mode;
}

Harness::~Harness() {
  if (!client_) Connect();
  bool done = false;
  client_->Shutdown([&] { done = true; });
  EXPECT_TRUE(RunUntil([&] { return done; })) << "the supervisor does not end";
  client_.reset();
}

bool Harness::RunUntil(const std::function<bool()>& condition) {
  const Duration deadline = loop.Monotonic() + seconds(120);
  while (!condition()) {
    if (loop.Monotonic() > deadline) return false;
    loop.context().run_one_for(milliseconds(20));
  }
  return true;
}

void Harness::Connect() {
  client_.reset();
  events.clear();
  client_ = std::make_unique<SupervisorClient>(
      loop, options,
      SupervisorClient::Handlers{.on_event = [this](const Message& message) { events.push_back(message); },
                                 .on_lost = [this](const Error&) { ++lost; }});
  client_->Connect();
  const auto synced = [&] {
    return std::ranges::any_of(events, [](const Message& m) { return std::holds_alternative<Synced>(m); });
  };
  ASSERT_TRUE(RunUntil(synced)) << "no contact with the supervisor";
}

StartRequest Harness::Command(const std::string& name, std::vector<std::string> argv) const {
  return {.key = {"uid-" + name, "main", 0},
          .ns = "default",
          .pod = name,
          .argv = std::move(argv),
          .env = {{"PATH", "/usr/bin:/bin"}},
          .working_dir = scratch.path(),
          .mounts = {}};
}

StartRequest Harness::Shell(const std::string& name, const std::string& script) const {
  return Command(name, {"/bin/sh", "-c", script});
}

Exited Harness::Run(const StartRequest& request) {
  if (!client_) Connect();
  client_->Start(request);
  EXPECT_TRUE(RunUntil([&] { return exited(request.key) || failed(request.key); }))
      << request.pod << " does not end";
  if (const auto failure = failed(request.key)) ADD_FAILURE() << failure->message;
  return exited(request.key).value_or(Exited{});
}

StartFailed Harness::RunFailing(const StartRequest& request) {
  if (!client_) Connect();
  client_->Start(request);
  EXPECT_TRUE(RunUntil([&] { return failed(request.key).has_value(); })) << request.pod << " does not fail";
  return failed(request.key).value_or(StartFailed{});
}

int64_t Harness::StartAndWait(const StartRequest& request) {
  if (!client_) Connect();
  client_->Start(request);
  EXPECT_TRUE(RunUntil([&] { return started(request.key).has_value(); })) << request.pod << " does not start";
  return started(request.key).value_or(Started{}).pid;
}

namespace {

template <class T>
std::optional<T> Last(const std::vector<Message>& events, const ContainerKey& key) {
  std::optional<T> last;
  for (const auto& event : events) {
    const auto* one = std::get_if<T>(&event);
    if (one != nullptr && one->key == key) last = *one;
  }
  return last;
}

}  // namespace

std::optional<Exited> Harness::exited(const ContainerKey& key) const { return Last<Exited>(events, key); }
std::optional<Started> Harness::started(const ContainerKey& key) const { return Last<Started>(events, key); }
std::optional<StartFailed> Harness::failed(const ContainerKey& key) const {
  return Last<StartFailed>(events, key);
}

std::vector<logs::LogLine> Harness::Log(const StartRequest& request) const {
  PosixFileSystem files;
  auto place = logs::ContainerLog(options.supervisor.data_dir, request.ns, request.pod, request.key.pod_uid,
                                  request.key.container, request.key.attempt);
  logs::LogReader reader(files, *place);
  std::vector<logs::LogLine> lines;
  EXPECT_TRUE(reader.Poll(lines, 1U << 30).ok());
  return lines;
}

std::string Harness::Text(const StartRequest& request) const {
  std::string text;
  for (const auto& line : Log(request)) text += line.text + (line.partial ? "" : "\n");
  return text;
}

bool Harness::WaitForLine(const StartRequest& request, const std::string& text) {
  return RunUntil([&] {
    const auto lines = Log(request);
    return std::ranges::any_of(lines, [&](const auto& line) { return line.text == text; });
  });
}

int64_t Harness::supervisor_pid() const {
  for (const auto& process : ListProcesses()) {
    std::error_code error;
    const std::string folder = "/proc/" + std::to_string(process.pid);
    PosixFileSystem files;
    const auto command = files.ReadFile(folder + "/cmdline", 1 << 20);
    if (command.ok() &&
        command->find(options.supervisor.data_dir + std::string(1, '\0')) != std::string::npos &&
        !process.dead()) {
      return process.pid;
    }
  }
  return 0;
}

void Harness::KillSupervisor() {
  const int64_t pid = supervisor_pid();
  ASSERT_GT(pid, 0);
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  ASSERT_TRUE(RunUntil([&] { return !Alive(pid); }));
}

bool Alive(int64_t pid) {
  const auto process = ReadProcess(static_cast<pid_t>(pid));
  return process && !process->dead();
}

}  // namespace belfry::supervisor
