// A watcher that speaks when told; for tests.
#pragma once

#include "agent/sources/file_watcher.h"

namespace belfry::sources {

class FakeFileWatcher : public FileWatcher {
 public:
  Result<void> Watch(const std::string& path, std::function<void()> changed) override {
    if (broken) return Error{Code::kResourceExhausted, "watch " + path + ": no space left on device"};
    watched_[path] = std::move(changed);
    return {};
  }
  void Change(const std::string& path) {
    const auto changed = watched_.at(path);
    changed();
  }

  bool broken = false;

 private:
  std::map<std::string, std::function<void()>> watched_;
};

}  // namespace belfry::sources
