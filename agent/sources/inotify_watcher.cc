#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "agent/sources/file_watcher.h"

namespace belfry::sources {
namespace {

// IN_MODIFY too: while a file is being written, its reading is put off.
constexpr uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;

}  // namespace

InotifyWatcher::~InotifyWatcher() {
  if (fd_.valid()) loop_.Unwatch(watch_);
}

Result<void> InotifyWatcher::Open() {
  if (fd_.valid()) return {};
  fd_ = UniqueFd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd_.valid()) return ErrnoError("watch files");
  watch_ = loop_.Watch(fd_.get(), {.readable = true, .writable = false}, [this](FdEvents) { Read(); });
  return {};
}

Result<void> InotifyWatcher::Watch(const std::string& path, std::function<void()> changed) {
  RETURN_IF_ERROR(Open());
  // Editors replace a file by renaming another over it: its folder hears of that, the file itself does not.
  const std::filesystem::path given(path);
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(given, ignored);
  std::string watched = folder ? path : given.parent_path().string();
  if (watched.empty()) watched = ".";
  const int descriptor = inotify_add_watch(fd_.get(), watched.c_str(), kEvents | IN_ONLYDIR);
  if (descriptor < 0) return ErrnoError("watch " + path);
  watched_[path] = {descriptor, folder ? std::string() : given.filename().string(), std::move(changed)};
  return {};
}

void InotifyWatcher::Collect(const char* buffer, size_t size, std::set<std::string>& concerned) const {
  for (size_t at = 0; at + sizeof(inotify_event) <= size;) {
    inotify_event event;
    std::memcpy(&event, buffer + at, sizeof event);
    const std::string name = event.len > 0 ? std::string(buffer + at + sizeof event) : std::string();
    at += sizeof event + event.len;
    for (const auto& [path, watched] : watched_) {
      // A full queue has lost events: they may have been anybody's.
      const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
      const bool same =
          event.wd == watched.descriptor && (watched.name.empty() || name.empty() || name == watched.name);
      if (lost || same) concerned.insert(path);
    }
  }
}

void InotifyWatcher::Read() {
  std::set<std::string> concerned;
  alignas(inotify_event) char buffer[16384];
  for (;;) {
    const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    Collect(buffer, static_cast<size_t>(size), concerned);
  }
  for (const std::string& path : concerned) {
    const auto it = watched_.find(path);
    if (it == watched_.end()) continue;
    const auto changed = it->second.changed;  // it may watch again
    changed();
  }
}

}  // namespace belfry::sources
