// A journal that tells how each commit went.
#pragma once

#include <functional>
#include <memory>

#include "agent/base/clock.h"
#include "agent/store/journal.h"

namespace belfry::cli {

class MeasuredJournal : public store::Journal {
 public:
  using Observer = std::function<void(bool success, Duration took)>;

  // Requires: the clock outlives it.
  MeasuredJournal(std::unique_ptr<store::Journal> journal, const Clock& clock, Observer observer)
      : journal_(std::move(journal)), clock_(clock), observer_(std::move(observer)) {}

  Result<void> Load(const std::function<void(api::Object, uint64_t)>& load) override {
    return journal_->Load(load);
  }
  Result<void> Commit(const std::vector<store::JournalEntry>& entries, uint64_t revision) override {
    const Duration begin = clock_.Monotonic();
    auto committed = journal_->Commit(entries, revision);
    observer_(committed.ok(), clock_.Monotonic() - begin);
    return committed;
  }
  void Tidy() override { journal_->Tidy(); }

 private:
  std::unique_ptr<store::Journal> journal_;
  const Clock& clock_;
  Observer observer_;
};

}  // namespace belfry::cli
