#include "agent/logs/follower.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace belfry::logs {
namespace {

constexpr uint32_t kMask = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR;

std::string ParentOf(const std::string& folder) { return folder.substr(0, folder.rfind('/')); }

// The numbers of the watches that the events in `buffer` are about; -1: some events are lost.
void CollectNumbers(const char* buffer, size_t size, std::set<int>& numbers) {
  inotify_event event;
  for (size_t at = 0; at + sizeof event <= size; at += sizeof event + event.len) {
    std::memcpy(&event, buffer + at, sizeof event);
    numbers.insert(event.wd);
  }
}

}  // namespace

LogWatches::LogWatches(EventLoop& loop) : loop_(loop), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_.valid()) {
    watch_ = loop_.Watch(inotify_.get(), {.readable = true}, [this](FdEvents) { OnReadable(); });
  }
}

LogWatches::~LogWatches() {
  if (watch_ != WatchId::kNone) loop_.Unwatch(watch_);
}

int LogWatches::Add(const std::string& folder, LogFollower& follower) {
  const int number = inotify_.valid() ? ::inotify_add_watch(inotify_.get(), folder.c_str(), kMask) : -1;
  if (number >= 0) followers_[number].insert(&follower);
  return number;
}

void LogWatches::Remove(int number, LogFollower& follower) {
  const auto it = followers_.find(number);
  if (it == followers_.end()) return;
  it->second.erase(&follower);
  if (!it->second.empty()) return;
  followers_.erase(it);
  // Gone already if its folder is.
  (void)::inotify_rm_watch(inotify_.get(), number);
}

void LogWatches::OnReadable() {
  alignas(inotify_event) std::array<char, 4096> events;
  std::set<int> numbers;
  for (ssize_t size = 0; (size = ::read(inotify_.get(), events.data(), events.size())) > 0;)
    CollectNumbers(events.data(), static_cast<size_t>(size), numbers);
  std::set<LogFollower*> concerned;
  for (const auto& [number, followers] : followers_) {
    if (numbers.contains(number) || numbers.contains(-1))
      concerned.insert(followers.begin(), followers.end());
  }
  for (LogFollower* follower : concerned) follower->OnEvent();
}

LogFollower::LogFollower(LogWatches& watches, LogPlace place, std::function<void()> changed)
    : watches_(watches), place_(std::move(place)), changed_(std::move(changed)), poll_(watches.loop_) {
  if (!WatchFolder()) PollLater();
}

LogFollower::~LogFollower() { watches_.Remove(number_, *this); }

// The container's folder, else its pod's, else that of all logs: whichever exists tells of the next one's
// creation. A folder that appears between the failing attempt and the watch on its parent is found by looking
// again.
bool LogFollower::WatchFolder() {
  const std::string pod = ParentOf(place_.folder);
  for (int round = 0; round < 3; ++round) {
    bool watching = false;
    for (const std::string& folder : {place_.folder, pod, ParentOf(pod)}) {
      const int number = watches_.Add(folder, *this);
      watching = number >= 0;
      if (!watching) continue;
      if (number_ != number) watches_.Remove(std::exchange(number_, number), *this);
      const bool same = std::exchange(watched_, folder) == folder;
      if (same || folder == place_.folder) return true;
      break;
    }
    if (!watching) return false;
  }
  return true;
}

void LogFollower::OnEvent() {
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
