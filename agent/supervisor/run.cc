#include "agent/supervisor/run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "agent/base/asio_event_loop.h"
#include "agent/base/log.h"
#include "agent/logs/path.h"
#include "agent/supervisor/cgroup.h"
#include "agent/supervisor/mounts.h"
#include "agent/supervisor/scan_tree.h"
#include "agent/supervisor/socket.h"
#include "agent/supervisor/supervisor.h"

namespace belfry::supervisor {
namespace {

// Also those two that the C library keeps for itself and would leave ignored if whoever started us ignored
// them.
void SetDefaultSignals() {
  struct {
    void* handler = nullptr;
    unsigned long flags = 0;
    void* restorer = nullptr;
    uint64_t mask = 0;
  } const action;
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
  }
}

// Whatever started us: children must find everything at its default, and descriptors 0 to 2 must be taken.
void MakePlainProcess() {
  SetDefaultSignals();
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::umask(022);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  int fd = 0;
  while (fd >= 0 && fd <= 2) fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::close(fd);
}

// Holds the lock as long as it lives. nullopt: somebody else does.
Result<std::optional<UniqueFd>> Lock(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoError("open " + path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return std::optional(std::move(fd));
  if (errno == EWOULDBLOCK) return std::optional<UniqueFd>();
  return ErrnoError("lock " + path);
}

Result<void> MakeFolders(FileSystem& files, const std::string& data_dir) {
  RETURN_IF_ERROR(files.CreateDirectories(data_dir, 0700));
  RETURN_IF_ERROR(files.CreateDirectories(logs::LogsFolder(data_dir), 0750));
  return files.CreateDirectories(MountRoot(data_dir), 0700);
}

// Stable for a data folder, so that a new supervisor finds what an old one has left.
std::string CgroupName(const std::string& data_dir) {
  uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : data_dir) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3U;
  return "belfry-" + std::to_string(hash);
}

struct Trees {
  std::unique_ptr<CgroupKeeper> cgroups;
  ScanKeeper scan;
};

Result<void> MakeTrees(const SupervisorOptions& options, Trees& trees) {
  if (options.tree_mode == TreeMode::kScan) return {};
  auto cgroups = CgroupKeeper::CreateBelowOwn(CgroupName(options.data_dir));
  if (cgroups.ok()) {
    trees.cgroups = *std::move(cgroups);
    return {};
  }
  if (options.tree_mode == TreeMode::kCgroups) return cgroups.error();
  LogWarn("supervisor", "no cgroups: processes are looked for in /proc", {{"cause", cgroups.error()}});
  return {};
}

// SIGCHLD as an event, SIGTERM (the host goes down) as a wish to end; all others stay blocked.
UniqueFd MakeSignalFd() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigaddset(&set, SIGTERM);
  return UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

void OnSignals(const UniqueFd& fd, Supervisor& supervisor) {
  signalfd_siginfo info{};
  bool child = false;
  while (::read(fd.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGTERM) supervisor.Shutdown();
    child |= info.ssi_signo == SIGCHLD;
  }
  if (child) supervisor.OnChildEnded();
}

void AttachInherited(int fd, Supervisor& supervisor) {
  if (fd < 0) return;
  UniqueFd connection(fd);
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && SetNonBlocking(fd).ok())
    supervisor.Attach(std::move(connection));
}

Result<void> Serve(const SupervisorOptions& options, FileSystem& files) {
  Trees trees;
  RETURN_IF_ERROR(MakeTrees(options, trees));
  const bool scan = !trees.cgroups;
  const std::string socket_path = SocketPath(options.data_dir);
  AsioEventLoop loop;
  Supervisor supervisor({.loop = loop,
                         .files = files,
                         .trees = scan ? static_cast<TreeKeeper&>(trees.scan) : *trees.cgroups,
                         .scan = scan ? &trees.scan : nullptr},
                        options, [&] { loop.Stop(); });
  const UniqueFd signals = MakeSignalFd();
  loop.Watch(signals.get(), {.readable = true}, [&](FdEvents) { OnSignals(signals, supervisor); });
  RETURN_IF_ERROR(supervisor.Recover());
  if (trees.cgroups) trees.cgroups->RemoveStrays();
  ASSIGN_OR_RETURN(const UniqueFd listener, ListenAt(socket_path));
  loop.Watch(listener.get(), {.readable = true}, [&](FdEvents) {
    if (UniqueFd fd = AcceptFrom(listener); fd.valid()) supervisor.Attach(std::move(fd));
  });
  AttachInherited(options.agent_fd, supervisor);
  LogInfo("supervisor", "ready", {{"data_dir", options.data_dir}, {"cgroups", !scan}});
  loop.Run();
  return files.RemoveAll(socket_path);
}

Result<void> LockAndServe(const SupervisorOptions& options) {
  PosixFileSystem files;
  RETURN_IF_ERROR(MakeFolders(files, options.data_dir));
  ASSIGN_OR_RETURN(const auto lock, Lock(options.data_dir + "/supervisor.lock"));
  if (lock) return Serve(options, files);
  LogInfo("supervisor", "another supervisor runs", {{"data_dir", options.data_dir}});
  return {};
}

}  // namespace

int RunSupervisor(const SupervisorOptions& options) {
  MakePlainProcess();
  if (::chdir("/") != 0) return 1;
  const auto served = LockAndServe(options);
  if (!served.ok()) LogError("supervisor", "supervisor failed", {{"error", served.error()}});
  return served.ok() ? 0 : 1;
}

}  // namespace belfry::supervisor
