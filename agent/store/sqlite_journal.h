// The journal on disk: one SQLite file in WAL mode, one row per object (docs/formats/store.md).
#pragma once

#include <memory>
#include <string>

#include "agent/store/journal.h"

namespace belfry::store {

// Holds the file alone: a second agent on the same data directory is refused. Thread: the core loop's.
class SqliteJournal : public Journal {
 public:
  // Opens or creates `path`. Errors: kFailedPrecondition (another agent has it), kPermissionDenied, kInternal
  // (damaged, or written by a newer version).
  static Result<std::unique_ptr<SqliteJournal>> Open(const std::string& path);
  ~SqliteJournal() override;

  Result<void> Load(const std::function<void(api::Object, uint64_t)>& load) override;
  Result<void> Commit(const std::vector<JournalEntry>& entries, uint64_t revision) override;
  // Copies the write-ahead log into the database once it has grown to SQLite's usual 1,000 pages.
  void Tidy() override;

 private:
  struct State;
  explicit SqliteJournal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace belfry::store
