// Door: one thread's work - tasks, timers, descriptors. All state of a loop's owner is touched only by its
// tasks.
#pragma once

#include <cstdint>
#include <functional>

#include "agent/base/clock.h"

namespace belfry {

enum class TimerId : uint64_t { kNone = 0 };
enum class WatchId : uint64_t { kNone = 0 };

// Which readiness of a descriptor is meant.
struct FdEvents {
  bool readable = false;
  bool writable = false;
};

class EventLoop : public Clock {
 public:
  using Task = std::function<void()>;

  // Runs `task` on the loop's thread, after everything posted before it. Thread: any.
  virtual void Post(Task task) = 0;

  // All below: Thread: the loop's own.

  // Runs `task` once civil time has reached `when` (at once if it is past). Follows the host's clock when
  // that is set.
  virtual TimerId RunAt(Instant when, Task task) = 0;
  // Runs `task` once `delay` has elapsed, whatever the host's clock does.
  virtual TimerId RunAfter(Duration delay, Task task) = 0;
  // Forgets a timer; unknown and fired ones are ignored.
  virtual void Cancel(TimerId id) = 0;

  // Calls `ready` whenever `fd` is ready for one of `interest` (level-triggered) until Unwatch. The loop does
  // not own `fd`; unwatch before closing it.
  virtual WatchId Watch(int fd, FdEvents interest, std::function<void(FdEvents)> ready) = 0;
  virtual void Unwatch(WatchId id) = 0;

  // Called after the host's civil clock was set: how far it was off from steady time since the last look.
  virtual void OnClockJump(std::function<void(Duration)> handler) = 0;
};

// Cancels its timer when it goes. Requires: destroyed on the loop's thread, before the loop.
class Timer {
 public:
  explicit Timer(EventLoop& loop) : loop_(loop) {}
  ~Timer() { Cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Arms the timer, replacing what was armed before.
  void RunAt(Instant when, EventLoop::Task task);
  void RunAfter(Duration delay, EventLoop::Task task);
  void Cancel();
  bool armed() const { return id_ != TimerId::kNone; }

 private:
  EventLoop::Task Disarming(EventLoop::Task task);

  EventLoop& loop_;
  TimerId id_ = TimerId::kNone;
};

}  // namespace belfry
