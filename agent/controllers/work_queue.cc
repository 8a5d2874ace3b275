#include "agent/controllers/work_queue.h"

#include "agent/base/backoff.h"

namespace belfry::controllers {

WorkQueue::WorkQueue(EventLoop& loop, std::function<void()> ready)
    : loop_(loop), on_ready_(std::move(ready)), timer_(loop) {}

void WorkQueue::Add(const api::Key& key) {
  DropDelayed(key);
  if (!queued_.insert(key).second) return;
  ready_.push_back(key);
  if (ready_.size() == 1) on_ready_();
}

void WorkQueue::AddAt(const api::Key& key, Instant when) {
  if (queued_.contains(key)) return;
  if (when <= loop_.Now()) return Add(key);
  if (const auto it = when_.find(key); it != when_.end()) {
    if (it->second <= when) return;
    DropDelayed(key);
  }
  when_.emplace(key, when);
  delayed_.emplace(when, key);
  Arm();
}

void WorkQueue::Retry(const api::Key& key) {
  AddAfter(key, ExponentialDelay(kFirstRetry, kLongestRetry, ++failures_[key]));
}

std::optional<api::Key> WorkQueue::Pop() {
  if (ready_.empty()) return std::nullopt;
  api::Key key = std::move(ready_.front());
  ready_.pop_front();
  queued_.erase(key);
  return key;
}

void WorkQueue::DropDelayed(const api::Key& key) {
  const auto it = when_.find(key);
  if (it == when_.end()) return;
  delayed_.erase({it->second, key});
  when_.erase(it);
}

// A timer that fires for a key which has been dropped meanwhile finds nothing and is armed anew: cheaper than
// moving it with each change.
void WorkQueue::Arm() {
  if (delayed_.empty()) return;
  const Instant first = delayed_.begin()->first;
  if (armed_for_ && *armed_for_ <= first) return;
  armed_for_ = first;
  timer_.RunAt(first, [this] { Ripen(); });
}

void WorkQueue::Ripen() {
  armed_for_.reset();
  const Instant now = loop_.Now();
  while (!delayed_.empty() && delayed_.begin()->first <= now) Add(api::Key(delayed_.begin()->second));
  Arm();
}

}  // namespace belfry::controllers
