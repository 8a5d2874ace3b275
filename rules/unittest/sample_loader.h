// Input series into storage, as far as time has come.
#pragma once

#include <vector>

#include "rules/promql/ast.h"
#include "rules/storage/head.h"
#include "rules/unittest/test_file.h"

namespace belfry::unittest {

// Samples are made when their time comes, so a rule never sees the future and `1x1000000000` costs nothing.
// Requires: group and head outlive it.
class SampleLoader {
 public:
  // Of two series with the same labels the later one counts. Errors: kInvalid for a series that does not
  // parse.
  static Result<SampleLoader> Make(const TestGroup& group, promql::Dialect dialect, storage::Head& head);

  // Appends every sample at or before `time_ms`.
  void LoadUntil(int64_t time_ms);

 private:
  struct Feed {
    storage::SeriesId series;
    ValueCursor values;
  };

  SampleLoader(const TestGroup& group, storage::Head& head);

  storage::Head& head_;
  std::vector<Feed> feeds_;
  int64_t next_ms_;
  int64_t interval_ms_;
};

}  // namespace belfry::unittest
