#include "agent/base/fake_event_loop.h"

#include <algorithm>

#include "agent/base/check.h"

namespace belfry {

TimerId FakeEventLoop::Arm(Duration at, Task task, bool civil) {
  const uint64_t id = next_id_++;
  timers_.emplace(Deadline{std::max(at, monotonic_), id}, Armed{std::move(task), civil});
  deadlines_.emplace(TimerId{id}, Deadline{std::max(at, monotonic_), id});
  return TimerId{id};
}

TimerId FakeEventLoop::RunAt(Instant when, Task task) {
  return Arm(monotonic_ + (when - now_), std::move(task), true);
}

TimerId FakeEventLoop::RunAfter(Duration delay, Task task) {
  return Arm(monotonic_ + delay, std::move(task), false);
}

void FakeEventLoop::Cancel(TimerId id) {
  if (const auto it = deadlines_.find(id); it != deadlines_.end()) {
    timers_.erase(it->second);
    deadlines_.erase(it);
  }
}

WatchId FakeEventLoop::Watch(int fd, FdEvents interest, std::function<void(FdEvents)> ready) {
  const WatchId id{next_id_++};
  watches_.emplace(id, FakeWatch{fd, interest, std::move(ready)});
  return id;
}

bool FakeEventLoop::RunOne() {
  if (tasks_.empty()) return false;
  const Task task = std::move(tasks_.front());
  tasks_.pop_front();
  task();
  return true;
}

size_t FakeEventLoop::RunUntilIdle() {
  size_t count = 0;
  while (RunOne()) CHECK(++count < 10'000'000);
  return count;
}

void FakeEventLoop::AdvanceTo(Instant t) {
  RunUntilIdle();
  const Duration end = monotonic_ + (t - now_);
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    const auto first = timers_.begin();
    const Deadline deadline = first->first;
    const Task task = std::move(first->second.task);
    timers_.erase(first);
    deadlines_.erase(TimerId{deadline.second});
    now_ += deadline.first - monotonic_;
    monotonic_ = deadline.first;
    task();
    RunUntilIdle();
  }
  if (end > monotonic_) {
    now_ += end - monotonic_;
    monotonic_ = end;
  }
}

Instant FakeEventLoop::NextDeadline(Instant fallback) const {
  return timers_.empty() ? fallback : now_ + (timers_.begin()->first.first - monotonic_);
}

void FakeEventLoop::JumpClock(Duration by) {
  now_ += by;
  std::map<Deadline, Armed> moved;
  for (auto& [deadline, armed] : timers_) {
    const Duration at = armed.civil ? std::max(deadline.first - by, monotonic_) : deadline.first;
    deadlines_[TimerId{deadline.second}] = {at, deadline.second};
    moved.emplace(Deadline{at, deadline.second}, std::move(armed));
  }
  timers_ = std::move(moved);
  for (const auto& handler : jump_handlers_) handler(by);
}

void FakeEventLoop::MakeReady(int fd, FdEvents events) {
  const auto watches = watches_;  // a handler may unwatch
  for (const auto& [id, watch] : watches) {
    const FdEvents both{events.readable && watch.interest.readable,
                        events.writable && watch.interest.writable};
    if (watch.fd == fd && (both.readable || both.writable) && watches_.contains(id)) watch.ready(both);
  }
}

void FakeEventLoop::Drop() {
  tasks_.clear();
  timers_.clear();
  deadlines_.clear();
  watches_.clear();
  jump_handlers_.clear();
}

}  // namespace belfry
