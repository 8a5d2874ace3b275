// A journal for runs that leave nothing behind: nothing is kept, every commit succeeds.
#pragma once

#include "agent/store/journal.h"

namespace belfry::store {

class VolatileJournal : public Journal {
 public:
  Result<void> Load(const std::function<void(api::Object, uint64_t)>&) override { return {}; }
  Result<void> Commit(const std::vector<JournalEntry>&, uint64_t) override { return {}; }
};

}  // namespace belfry::store
