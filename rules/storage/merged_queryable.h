// Several sources seen as one: history, newest values, the rules' own series.
#pragma once

#include <vector>

#include "rules/storage/queryable.h"

namespace belfry::storage {

// Series of the same labels become one; where two sources have a sample at the same millisecond, the earlier
// source's counts. Requires: the parts outlive it. Thread: that of the parts.
class MergedQueryable : public Queryable {
 public:
  explicit MergedQueryable(std::vector<const Queryable*> parts) : parts_(std::move(parts)) {}
  Result<SeriesSet> Select(const SelectRequest& request) const override;

 private:
  std::vector<const Queryable*> parts_;
};

}  // namespace belfry::storage
