#include "agent/logs/follower.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace belfry::logs {
namespace {

constexpr uint32_t kMask = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR;

std::string ParentOf(const std::string& folder) { return folder.substr(0, folder.rfind('/')); }

}  // namespace

LogFollower::LogFollower(EventLoop& loop, LogPlace place, std::function<void()> changed)
    : loop_(loop),
      place_(std::move(place)),
      changed_(std::move(changed)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      poll_(loop) {
  if (!inotify_.valid() || !WatchFolder()) {
    PollLater();
    return;
  }
  watch_ = loop_.Watch(inotify_.get(), {.readable = true}, [this](FdEvents) { OnReadable(); });
}

LogFollower::~LogFollower() {
  if (watch_ != WatchId::kNone) loop_.Unwatch(watch_);
}

// The container's folder, else its pod's, else that of all logs: whichever exists tells of the next one's
// creation. A folder that appears between the failing attempt and the watch on its parent is found by looking
// again.
bool LogFollower::WatchFolder() {
  const std::string pod = ParentOf(place_.folder);
  for (int round = 0; round < 3; ++round) {
    bool watching = false;
    for (const std::string& folder : {place_.folder, pod, ParentOf(pod)}) {
      watching = ::inotify_add_watch(inotify_.get(), folder.c_str(), kMask) >= 0;
      if (!watching) continue;
      const bool same = std::exchange(watched_, folder) == folder;
      if (same || folder == place_.folder) return true;
      break;
    }
    if (!watching) return false;
  }
  return true;
}

void LogFollower::OnReadable() {
  alignas(inotify_event) std::array<char, 4096> events;
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
  if (watched_ != place_.folder && !WatchFolder()) PollLater();
  changed_();
}

void LogFollower::PollLater() {
  poll_.RunAfter(seconds(1), [this] {
    PollLater();
    changed_();
  });
}

}  // namespace belfry::logs
