#include "agent/supervisor/spawn.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "agent/base/check.h"
#include "agent/supervisor/mount_steps.h"

// The child shares the supervisor's memory until it executes its program (as vfork's does): copying page
// tables would cost more than all the rest. So from clone to execve it runs on a stack of its own, allocates
// nothing, and reports through memory. The thread that called is stopped meanwhile; other threads are not,
// which is why spawning has threads.

namespace belfry::supervisor {
namespace {

constexpr size_t kStackBytes = 128 * 1024;

// What the child reads and, at the end, writes.
struct Birth {
  const SpawnSpec& spec;
  char* const* argv;
  char* const* env;
  bool join_cgroup;  // it was not born there
  SpawnOutcome failure;
};

int Fail(Birth& birth, SpawnStep step, size_t index = 0) {
  birth.failure = {.pid = 0, .error_number = errno, .step = step, .index = index};
  return 127;
}

bool JoinCgroup(int cgroup_fd) {
  const int fd = ::openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  return fd >= 0 && ::write(fd, "0", 1) == 1;
}

bool SetStreams(const SpawnSpec& spec) {
  return ::dup2(spec.null_fd, 0) == 0 && ::dup2(spec.stdout_fd, 1) == 1 && ::dup2(spec.stderr_fd, 2) == 2 &&
         ::syscall(SYS_close_range, 3U, ~0U, 0U) == 0;
}

// Frames of the child are never left, so AddressSanitizer's marks around their variables would stay on the
// stack that the next child uses.
__attribute__((no_sanitize("address"))) void SetLimits(const SpawnSpec& spec) {
  const rlimit files{.rlim_cur = spec.open_files_soft, .rlim_max = spec.open_files_hard};
  if (spec.open_files_hard != 0) ::setrlimit(RLIMIT_NOFILE, &files);
}

// These mean: not here, perhaps in the next folder of PATH.
bool LookFurther(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == EACCES ||
         error_number == ESTALE || error_number == ENODEV || error_number == ETIMEDOUT;
}

int Execute(Birth& birth) {
  const auto& candidates = birth.spec.program.candidates;
  size_t told = 0;
  int error_number = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    ::execve(candidates[i].c_str(), birth.argv, birth.env);
    // A file that may not be executed says more than a file that is not there.
    const bool better = i == 0 || !LookFurther(errno) || (errno == EACCES && error_number != EACCES);
    if (better) told = i;
    if (better) error_number = errno;
    if (!LookFurther(errno)) break;
  }
  errno = error_number == ENOTDIR && birth.spec.program.searched ? ENOENT : error_number;
  return Fail(birth, SpawnStep::kExec, told);
}

__attribute__((no_sanitize("address"))) int ChildMain(void* argument) {
  Birth& birth = *static_cast<Birth*>(argument);
  const SpawnSpec& spec = birth.spec;
  ::setsid();
  if (birth.join_cgroup && !JoinCgroup(spec.cgroup_fd)) return Fail(birth, SpawnStep::kCgroup);
  if (!spec.mounts.empty()) {
    const size_t done = PerformMounts(spec.mounts);
    if (done != kMountsDone) return Fail(birth, SpawnStep::kMount, done);
  }
  if (::chdir(spec.program.working_dir.c_str()) != 0) return Fail(birth, SpawnStep::kWorkingDir);
  if (!SetStreams(spec)) return Fail(birth, SpawnStep::kStreams);
  SetLimits(spec);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  return Execute(birth);
}

#if defined(__x86_64__)
// clone3 as the C library would offer it: the child calls ChildMain on its stack and exits with what that
// returns. The call to the function must be made in assembly: a child on a new stack cannot return from this
// function.
long Clone3(clone_args& arguments, Birth& birth) {
  long result = SYS_clone3;
  register void* child_argument asm("r8") = &birth;
  register int (*child_main)(void*) asm("r9") = &ChildMain;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r8, %%rdi\n\t"
      "call *%%r9\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), "r"(child_argument), "r"(child_main), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory", "cc");
  return result;
}
#else
long Clone3(clone_args&, Birth&) { return -ENOSYS; }
#endif

pid_t BornInCgroup(Birth& birth, const ChildStack& stack) {
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<uint64_t>(stack.base());
  arguments.stack_size = stack.size();
  if (birth.spec.cgroup_fd >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(birth.spec.cgroup_fd);
  }
  const long pid = Clone3(arguments, birth);
  if (pid < 0) errno = static_cast<int>(-pid);
  return pid < 0 ? -1 : static_cast<pid_t>(pid);
}

// For kernels and sandboxes without clone3: the child moves itself. Signal handlers end with execve; ignored
// ones there are none.
pid_t BornOutside(Birth& birth, const ChildStack& stack) {
  birth.join_cgroup = birth.spec.cgroup_fd >= 0;
  return ::clone(&ChildMain, stack.base() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &birth);
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildStack::ChildStack()
    : base_(static_cast<char*>(::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0))) {
  CHECK(base_ != MAP_FAILED);
}

ChildStack::~ChildStack() { ::munmap(base_, kStackBytes); }

size_t ChildStack::size() const { return kStackBytes; }

SpawnOutcome Spawn(const SpawnSpec& spec, const ChildStack& stack) {
  const auto argv = Pointers(spec.program.argv);
  const auto env = Pointers(spec.program.env);
  Birth birth{.spec = spec, .argv = argv.data(), .env = env.data(), .join_cgroup = false, .failure = {}};
  pid_t pid = BornInCgroup(birth, stack);
  if (pid < 0 && errno != EAGAIN && errno != ENOMEM) pid = BornOutside(birth, stack);
  if (pid < 0) return {.pid = 0, .error_number = errno, .step = SpawnStep::kClone, .index = 0};
  birth.failure.pid = pid;
  return birth.failure;
}

SpawnError Explain(const SpawnSpec& spec, const SpawnOutcome& outcome) {
  const std::string cause = std::strerror(outcome.error_number);
  switch (outcome.step) {
    case SpawnStep::kClone:
      return {"StartError", "start process: " + cause};
    case SpawnStep::kCgroup:
      return {"StartError", "join cgroup: " + cause};
    case SpawnStep::kMount:
      return {"CreateContainerError", MountErrorText(spec.mounts, outcome.index, outcome.error_number)};
    case SpawnStep::kWorkingDir:
      return {"StartError", "chdir " + spec.program.working_dir + ": " + cause};
    case SpawnStep::kStreams:
      return {"StartError", "set up standard streams: " + cause};
    case SpawnStep::kExec:
      return {"StartError", ExecErrorText(spec.program, outcome.index, outcome.error_number)};
  }
  return {"StartError", cause};
}

}  // namespace belfry::supervisor
