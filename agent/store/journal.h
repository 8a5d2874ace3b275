// Where the store's changes become durable.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/result.h"

namespace belfry::store {

// One object's change: its new value, or nothing where it was deleted.
struct JournalEntry {
  api::Key key;
  std::optional<api::Object> object;
};

class Journal {
 public:
  virtual ~Journal() = default;
  // Calls `load` for every object on disk. Errors: kInternal for a damaged file, kFailedPrecondition if
  // another agent holds it.
  virtual Result<void> Load(const std::function<void(api::Object, uint64_t revision)>& load) = 0;
  // Writes all entries or none; after it returns they survive power loss. Errors: kResourceExhausted when the
  // disk is full.
  virtual Result<void> Commit(const std::vector<JournalEntry>& entries, uint64_t revision) = 0;
  // Housekeeping that commits leave behind, for when nobody waits: after each commit, once everybody has been
  // told of it.
  virtual void Tidy() {}
};

}  // namespace belfry::store
