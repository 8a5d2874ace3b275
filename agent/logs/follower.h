// Tells when a log may have grown, without polling.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/logs/path.h"

namespace belfry::logs {

class LogFollower;

// The kernel's watches of all followers. One inotify for them all: the kernel takes milliseconds to close
// one. Thread: the loop's. Requires: the loop outlives it, and it outlives the followers.
class LogWatches {
 public:
  explicit LogWatches(EventLoop& loop);
  ~LogWatches();
  LogWatches(const LogWatches&) = delete;
  LogWatches& operator=(const LogWatches&) = delete;

 private:
  friend class LogFollower;

  // The watch's number, or -1: the folder is not there, or the kernel grants no watch.
  int Add(const std::string& folder, LogFollower& follower);
  void Remove(int number, LogFollower& follower);
  void OnReadable();

  EventLoop& loop_;
  UniqueFd inotify_;
  WatchId watch_ = WatchId::kNone;
  std::map<int, std::set<LogFollower*>> followers_;
};

// Calls `changed` after anything happened to the log's files or to the folders above them, which may not
// exist yet. Requires: the logs folder exists; destroyed on the loop's thread. None is to be
// destroyed in any `changed`. Errors: where the kernel grants no watch (its limit is reached), `changed` is
// called every second instead.
class LogFollower {
 public:
  LogFollower(LogWatches& watches, LogPlace place, std::function<void()> changed);
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

 private:
  friend class LogWatches;

  bool WatchFolder();
  void OnEvent();
  void PollLater();

  LogWatches& watches_;
  LogPlace place_;
  std::function<void()> changed_;
  int number_ = -1;      // of the watch
  std::string watched_;  // the deepest folder that exists
  Timer poll_;
};

}  // namespace belfry::logs
