#include "agent/supervisor/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "agent/base/check.h"
#include "agent/base/file_system.h"
#include "agent/supervisor/socket.h"

namespace belfry::supervisor {
namespace {

constexpr int kAgentFd = 3;

struct FileActions {
  posix_spawn_file_actions_t value;
  FileActions() { CHECK(::posix_spawn_file_actions_init(&value) == 0); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void Copy(int from, int to) { CHECK(::posix_spawn_file_actions_adddup2(&value, from, to) == 0); }
};

struct Attributes {
  posix_spawnattr_t value;
  Attributes() {
    CHECK(::posix_spawnattr_init(&value) == 0);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

Result<UniqueFd> Open(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoError("open " + path);
  return fd;
}

// Copying a descriptor onto itself would leave it to be closed at exec.
Result<UniqueFd> MoveAbove(UniqueFd fd, int number) {
  if (fd.get() > number) return fd;
  UniqueFd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, number + 1));
  if (!copy.valid()) return ErrnoError("copy descriptor");
  return copy;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<Launched> LaunchSupervisor(const std::string& binary, const std::vector<std::string>& arguments,
                                  SupervisorOptions options) {
  RETURN_IF_ERROR(PosixFileSystem().CreateDirectories(options.data_dir, 0700));
  ASSIGN_OR_RETURN(SocketPair pair, MakeSocketPair());
  ASSIGN_OR_RETURN(const UniqueFd theirs, MoveAbove(std::move(pair.theirs), kAgentFd));
  ASSIGN_OR_RETURN(UniqueFd null_fd, Open("/dev/null", O_RDWR));
  ASSIGN_OR_RETURN(null_fd, MoveAbove(std::move(null_fd), kAgentFd));
  ASSIGN_OR_RETURN(UniqueFd log_fd,
                   Open(options.data_dir + "/supervisor.log", O_WRONLY | O_CREAT | O_APPEND));
  ASSIGN_OR_RETURN(log_fd, MoveAbove(std::move(log_fd), kAgentFd));
  FileActions actions;
  actions.Copy(null_fd.get(), 0);
  actions.Copy(null_fd.get(), 1);
  actions.Copy(log_fd.get(), 2);
  actions.Copy(theirs.get(), kAgentFd);
  CHECK(::posix_spawn_file_actions_addclosefrom_np(&actions.value, kAgentFd + 1) == 0);
  options.agent_fd = kAgentFd;
  // The name is what `ps` shows.
  std::vector<std::string> argv{"belfry"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  for (auto& argument : ToArguments(options)) argv.push_back(std::move(argument));
  const Attributes attributes;
  char* empty_environment[] = {nullptr};
  Launched launched;
  const int error = ::posix_spawn(&launched.pid, binary.c_str(), &actions.value, &attributes.value,
                                  Pointers(argv).data(), empty_environment);
  if (error != 0) return ErrnoError("start supervisor " + binary, error);
  launched.connection = std::move(pair.ours);
  return launched;
}

}  // namespace belfry::supervisor
