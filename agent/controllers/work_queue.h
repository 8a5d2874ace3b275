// Keys that wait to be looked at: each once, now or later, failed ones with growing delay.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agent/api/meta.h"
#include "agent/base/event_loop.h"

namespace belfry::controllers {

inline constexpr Duration kFirstRetry = seconds(1);
inline constexpr Duration kLongestRetry = seconds(60);

// Thread: the loop's.
class WorkQueue {
 public:
  // `ready` is called when a key can be popped and none could before. Requires: `loop` outlives the queue.
  WorkQueue(EventLoop& loop, std::function<void()> ready);

  void Add(const api::Key& key);
  // The earliest of several wishes for one key holds; a key that is ready already stays so.
  void AddAt(const api::Key& key, Instant when);
  void AddAfter(const api::Key& key, Duration delay) { AddAt(key, loop_.Now() + delay); }
  // After a failed look: again in 1 s, 2 s, 4 s … 60 s.
  void Retry(const api::Key& key);
  // After a successful look: the next failure begins at 1 s again.
  void Forget(const api::Key& key) { failures_.erase(key); }

  // The key that is ready for longest. Whatever was planned for it later is dropped: the look at hand sees
  // everything and plans anew.
  std::optional<api::Key> Pop();
  bool empty() const { return ready_.empty(); }
  size_t size() const { return ready_.size(); }
  size_t delayed() const { return when_.size(); }
  // Everything that waits, ready or delayed.
  bool Contains(const api::Key& key) const { return queued_.contains(key) || when_.contains(key); }

 private:
  void DropDelayed(const api::Key& key);
  void Arm();
  void Ripen();

  EventLoop& loop_;
  std::function<void()> on_ready_;
  std::deque<api::Key> ready_;
  std::set<api::Key> queued_;  // those in ready_
  std::map<api::Key, Instant> when_;
  std::set<std::pair<Instant, api::Key>> delayed_;
  std::map<api::Key, int> failures_;
  Timer timer_;
  std::optional<Instant> armed_for_;
};

}  // namespace belfry::controllers
