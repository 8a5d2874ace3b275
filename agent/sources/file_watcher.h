// Door: hearing that files change.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/base/result.h"
#include "agent/base/unique_fd.h"

namespace belfry::sources {

class FileWatcher {
 public:
  virtual ~FileWatcher() = default;
  // Calls `changed` whenever a file of the folder (or the file) `path` is created, written, renamed, removed,
  // or the folder itself goes. May call without a reason. Watching a path again replaces its callback and
  // takes up a folder that has come back. Errors: those of the system; the path is then not watched.
  virtual Result<void> Watch(const std::string& path, std::function<void()> changed) = 0;
};

// Linux inotify. Thread: the loop's.
class InotifyWatcher : public FileWatcher {
 public:
  // Requires: the loop outlives the watcher.
  explicit InotifyWatcher(EventLoop& loop) : loop_(loop) {}
  ~InotifyWatcher() override;
  InotifyWatcher(const InotifyWatcher&) = delete;
  InotifyWatcher& operator=(const InotifyWatcher&) = delete;

  Result<void> Watch(const std::string& path, std::function<void()> changed) override;

 private:
  Result<void> Open();
  void Read();
  // Adds the paths concerned by the events in `buffer`.
  void Collect(const char* buffer, size_t size, std::set<std::string>& concerned) const;

  struct Watched {
    int descriptor = -1;
    std::string name;  // of the one file that counts; empty: all
    std::function<void()> changed;
  };

  EventLoop& loop_;
  UniqueFd fd_;
  WatchId watch_ = WatchId::kNone;
  std::map<std::string, Watched> watched_;  // by path
};

}  // namespace belfry::sources
