#include "agent/supervisor/spawner.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "agent/base/check.h"
#include "agent/supervisor/process_list.h"

namespace belfry::supervisor {
namespace {

struct Pipe {
  OutputPipe ours;
  UniqueFd theirs;
};

// The container's end is opened for reading, too: while the container holds a reader itself, writing blocks
// instead of killing it by SIGPIPE when the supervisor dies, and the next supervisor opens the pipe again
// through /proc/<pid>/fd.
Result<Pipe> MakePipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) return ErrnoError("create pipe");
  Pipe pipe;
  pipe.ours.fd = UniqueFd(fds[0]);
  const UniqueFd write_end(fds[1]);
  struct stat st {};
  if (::fstat(fds[0], &st) != 0) return ErrnoError("stat pipe");
  pipe.ours.inode = st.st_ino;
  const std::string path = "/proc/self/fd/" + std::to_string(fds[1]);
  pipe.theirs = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!pipe.theirs.valid()) return ErrnoError("open pipe " + path);
  return pipe;
}

}  // namespace

OpenFilesLimit RaiseOpenFilesLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const OpenFilesLimit before{.soft = limit.rlim_cur, .hard = limit.rlim_max};
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

Spawner::Spawner(EventLoop& loop, Options options, std::function<void(SpawnResult&)> done)
    : loop_(loop),
      options_(options),
      done_(std::move(done)),
      null_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
  CHECK(null_.valid());
  const OpenFilesLimit before = RaiseOpenFilesLimit();
  open_files_soft_ = before.soft;
  open_files_hard_ = before.hard;
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

Spawner::~Spawner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Spawner::Submit(std::vector<SpawnJob> jobs) {
  in_progress_ += jobs.size();
  {
    const std::lock_guard lock(mutex_);
    for (auto& job : jobs) jobs_.push_back(std::move(job));
  }
  if (jobs.size() == 1) {
    changed_.notify_one();
  } else {
    changed_.notify_all();
  }
}

void Spawner::Work() {
  const ChildStack stack;
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const SpawnJob job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    auto result = std::make_shared<SpawnResult>(Perform(job, stack));
    loop_.Post([this, result = std::move(result), alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      --in_progress_;
      done_(*result);
    });
  }
}

SpawnResult Spawner::Perform(const SpawnJob& job, const ChildStack& stack) const {
  SpawnResult result{.key = job.key, .outcome = {}, .error = {}, .output = {}, .start_ticks = 0, .at = {}};
  // Before the birth: a short process may have ended before this thread goes on.
  result.at = loop_.Now();
  result.begun = loop_.Monotonic();
  UniqueFd theirs[2];
  for (int i = 0; i < 2; ++i) {
    auto pipe = MakePipe();
    if (!pipe.ok()) {
      result.outcome = {.pid = 0, .error_number = EMFILE, .step = SpawnStep::kStreams, .index = 0};
      result.error = {"StartError", pipe.error().message};
      return result;
    }
    result.output[i] = std::move(pipe->ours);
    theirs[i] = std::move(pipe->theirs);
  }
  const SpawnSpec spec{.program = job.program,
                       .mounts = job.mounts,
                       .null_fd = null_.get(),
                       .stdout_fd = theirs[0].get(),
                       .stderr_fd = theirs[1].get(),
                       .cgroup_fd = job.cgroup_fd,
                       .open_files_soft = open_files_soft_,
                       .open_files_hard = open_files_hard_};
  result.outcome = Spawn(spec, stack);
  if (result.outcome.error_number != 0) {
    result.error = Explain(spec, result.outcome);
  } else if (options_.want_start_ticks) {
    const auto process = ReadProcess(result.outcome.pid);
    result.start_ticks = process ? process->start_ticks : 0;
  }
  return result;
}

}  // namespace belfry::supervisor
