// A journal for tests: what was committed survives its store; commits can be made to fail.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "agent/store/journal.h"

namespace belfry::testing {

class MemoryJournal : public store::Journal {
 public:
  Result<void> Load(const std::function<void(api::Object, uint64_t)>& load) override {
    for (const auto& [key, object] : objects_) load(object, revision_);
    return {};
  }

  Result<void> Commit(const std::vector<store::JournalEntry>& entries, uint64_t revision) override {
    if (failure_) return *failure_;
    for (const auto& [key, object] : entries) {
      if (object) {
        objects_.insert_or_assign(key, *object);
      } else {
        objects_.erase(key);
      }
    }
    revision_ = revision;
    ++commits_;
    return {};
  }

  // Every commit fails with this from here on; nullopt: they succeed again.
  void FailWith(std::optional<Error> failure) { failure_ = std::move(failure); }
  const std::map<api::Key, api::Object>& objects() const { return objects_; }
  size_t commits() const { return commits_; }

 private:
  std::map<api::Key, api::Object> objects_;
  uint64_t revision_ = 0;
  size_t commits_ = 0;
  std::optional<Error> failure_;
};

}  // namespace belfry::testing
