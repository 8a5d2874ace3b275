// The loop of tests and of `belfry simulate`: virtual time, one thread, one outcome.
#pragma once

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "agent/base/event_loop.h"

namespace belfry {

// Time moves only in Advance and AdvanceTo. Tasks run in the order posted; timers in the order of their
// deadlines, ties in the order armed. Thread: one.
class FakeEventLoop : public EventLoop {
 public:
  explicit FakeEventLoop(Instant start) : now_(start) {}

  Instant Now() const override { return now_; }
  Duration Monotonic() const override { return monotonic_; }
  void Post(Task task) override { tasks_.push_back(std::move(task)); }
  TimerId RunAt(Instant when, Task task) override;
  TimerId RunAfter(Duration delay, Task task) override;
  void Cancel(TimerId id) override;
  // Descriptors are never ready here by themselves; MakeReady says so.
  WatchId Watch(int fd, FdEvents interest, std::function<void(FdEvents)> ready) override;
  void Unwatch(WatchId id) override { watches_.erase(id); }
  void OnClockJump(std::function<void(Duration)> handler) override {
    jump_handlers_.push_back(std::move(handler));
  }

  // Runs what is posted, and what that posts, until nothing is left. Returns how many tasks ran.
  // Requires: ends by itself; more than 10 million tasks are a broken invariant.
  size_t RunUntilIdle();
  // Runs one posted task; false if there is none.
  bool RunOne();
  // Moves time on by `d`, running tasks and due timers on the way.
  void Advance(Duration d) { AdvanceTo(now_ + d); }
  void AdvanceTo(Instant t);
  // The next deadline of any timer, or `fallback`.
  Instant NextDeadline(Instant fallback) const;
  // Sets the civil clock forward or back without time passing, and tells the jump handlers.
  void JumpClock(Duration by);
  void MakeReady(int fd, FdEvents events);
  // Forgets every task, timer and watch: what a killed process leaves of its loop.
  void Drop();

 private:
  struct Armed {
    Task task;
    bool civil;  // RunAt, as against RunAfter
  };
  struct FakeWatch {
    int fd;
    FdEvents interest;
    std::function<void(FdEvents)> ready;
  };
  using Deadline = std::pair<Duration, uint64_t>;  // monotonic time, order of arming

  TimerId Arm(Duration at, Task task, bool civil);

  Instant now_;
  Duration monotonic_{0};
  uint64_t next_id_ = 1;
  std::deque<Task> tasks_;
  std::map<Deadline, Armed> timers_;
  std::map<TimerId, Deadline> deadlines_;
  std::map<WatchId, FakeWatch> watches_;
  std::vector<std::function<void(Duration)>> jump_handlers_;
};

}  // namespace belfry
