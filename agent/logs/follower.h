// Tells when a log may have grown, without polling.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/logs/path.h"

namespace belfry::logs {

// Calls `changed` after anything happened to the log's files or to the folders above them, which may not
// exist yet. Requires: the logs folder exists; destroyed on the loop's thread, before the loop. Not to be
// destroyed in `changed`. Errors: where the kernel grants no watch (its limit is reached), `changed` is
// called every second instead.
class LogFollower {
 public:
  LogFollower(EventLoop& loop, LogPlace place, std::function<void()> changed);
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

 private:
  bool WatchFolder();
  void OnReadable();
  void PollLater();

  EventLoop& loop_;
  LogPlace place_;
  std::function<void()> changed_;
  UniqueFd inotify_;
  WatchId watch_ = WatchId::kNone;
  std::string watched_;  // the deepest folder that exists
  Timer poll_;
};

}  // namespace belfry::logs
