// Births in parallel: executing a program stops the thread that asked for it until the kernel has read the
// file.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/message.h"
#include "agent/supervisor/mount_plan.h"
#include "agent/supervisor/process_tree.h"
#include "agent/supervisor/program.h"
#include "agent/supervisor/spawn.h"

namespace belfry::supervisor {

struct SpawnJob {
  ContainerKey key;
  Program program;
  MountPlan mounts;
  int cgroup_fd = -1;  // stays open until the result
};

// One stream of a new process: the end to read from, and what tells the pipe from all others.
struct OutputPipe {
  UniqueFd fd;
  uint64_t inode = 0;
};

struct SpawnResult {
  ContainerKey key;
  SpawnOutcome outcome;
  SpawnError error;          // if outcome.error_number is not 0
  OutputPipe output[2];      // standard output and error
  uint64_t start_ticks = 0;  // 0: it ended at once, or nobody needs to know
  Instant at;
  Duration begun{0};  // monotonic, before the birth
};

// A mutex is here because the threads that wait in the kernel are the point of it: jobs go in by a queue,
// results come back by EventLoop::Post. Thread: the loop's.
class Spawner {
 public:
  struct Options {
    int threads = 2;
    bool want_start_ticks = false;  // costs a look into /proc per birth
  };

  // Requires: every signal is blocked in the calling thread; the threads inherit that.
  Spawner(EventLoop& loop, Options options, std::function<void(SpawnResult&)> done);
  // Waits for births in progress; jobs not begun are dropped.
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  void Submit(std::vector<SpawnJob> jobs);
  // Jobs without a result so far.
  size_t in_progress() const { return in_progress_; }

 private:
  void Work();
  SpawnResult Perform(const SpawnJob& job, const ChildStack& stack) const;

  EventLoop& loop_;
  const Options options_;
  std::function<void(SpawnResult&)> done_;
  UniqueFd null_;
  uint64_t open_files_soft_ = 0;
  uint64_t open_files_hard_ = 0;
  size_t in_progress_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SpawnJob> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Lets the supervisor have as many descriptors as it may; returns what was allowed before.
struct OpenFilesLimit {
  uint64_t soft = 0;
  uint64_t hard = 0;
};
OpenFilesLimit RaiseOpenFilesLimit();

}  // namespace belfry::supervisor
