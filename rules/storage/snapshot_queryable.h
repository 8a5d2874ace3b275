// The newest values of metric families as series with one sample each: what instant selectors read.
#pragma once

#include <memory>
#include <vector>

#include "agent/base/time.h"
#include "exporters/model/source.h"
#include "rules/storage/queryable.h"

namespace belfry::storage {

// Every series has its one sample at `taken`. A label set shown by several snapshots comes from the first.
// Labels are built only for series that match. Thread: any.
class SnapshotQueryable : public Queryable {
 public:
  SnapshotQueryable(std::vector<std::shared_ptr<const model::Snapshot>> snapshots, Instant taken);
  Result<SeriesSet> Select(const SelectRequest& request) const override;

 private:
  std::vector<std::shared_ptr<const model::Snapshot>> snapshots_;
  int64_t taken_ms_;
};

}  // namespace belfry::storage
