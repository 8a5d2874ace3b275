#include "agent/base/event_loop.h"

namespace belfry {

EventLoop::Task Timer::Disarming(EventLoop::Task task) {
  return [this, task = std::move(task)] {
    id_ = TimerId::kNone;
    const EventLoop::Task last = task;  // the task may destroy this timer, and itself with it
    last();
  };
}

void Timer::RunAt(Instant when, EventLoop::Task task) {
  Cancel();
  id_ = loop_.RunAt(when, Disarming(std::move(task)));
}

void Timer::RunAfter(Duration delay, EventLoop::Task task) {
  Cancel();
  id_ = loop_.RunAfter(delay, Disarming(std::move(task)));
}

void Timer::Cancel() {
  if (!armed()) return;  // so that what an ending loop destroys does not touch it
  loop_.Cancel(id_);
  id_ = TimerId::kNone;
}

}  // namespace belfry
