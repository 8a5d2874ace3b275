// What an agent knows at one instant: the newest rows, the rules' own series, and the history that rules ask
// for.
#pragma once

#include <memory>
#include <vector>

#include "rules/storage/merged_queryable.h"
#include "rules/storage/snapshot_queryable.h"

namespace belfry::storage {

// Keeps the rows alive as long as somebody evaluates. Requires: results and history outlive it.
// Thread: that of results and history.
class LiveQueryable : public Queryable {
 public:
  LiveQueryable(std::vector<std::shared_ptr<const model::Snapshot>> newest, Instant at,
                const Queryable& results, const Queryable& history)
      : newest_(std::move(newest), at), merged_({&newest_, &results, &history}) {}

  Result<SeriesSet> Select(const SelectRequest& request) const override { return merged_.Select(request); }

 private:
  SnapshotQueryable newest_;
  MergedQueryable merged_;
};

}  // namespace belfry::storage
