// The labels of a selected series, copied only when somebody wants them whole or changed.
// Most series of a query are counted, added or filtered away; of most of the rest one label is read.
#pragma once

#include <string_view>
#include <utility>

#include "exporters/model/labels.h"
#include "exporters/model/source.h"

namespace belfry::storage {

// Own labels, or borrowed ones: of a series in memory, or of a place in a snapshot. Requires: what they are
// borrowed from neither changes nor goes while they are read. Thread: one, reading included.
class SeriesLabels {
 public:
  SeriesLabels() = default;
  SeriesLabels(model::Labels own) : own_(std::move(own)) {}
  static SeriesLabels Borrow(const model::Labels& labels);
  // Requires: the place was shown by VisitPlaced of this snapshot.
  static SeriesLabels Borrow(const model::Snapshot& snapshot, model::SeriesPlace place);

  std::string_view Get(std::string_view name) const;  // empty if absent; valid until the next change
  void Set(std::string_view name, std::string_view value) { Own().Set(name, value); }
  void Remove(std::string_view name);

  const model::Labels& Whole() const;
  operator const model::Labels&() const { return Whole(); }
  // Leaves nothing behind.
  model::Labels Take();

  friend bool operator==(const SeriesLabels& a, const SeriesLabels& b) { return a.Whole() == b.Whole(); }

 private:
  model::Labels& Own() const;

  mutable model::Labels own_;
  mutable const model::Labels* lent_ = nullptr;
  mutable const model::Snapshot* snapshot_ = nullptr;
  model::SeriesPlace place_;
  bool nameless_ = false;  // of borrowed labels all but the metric name counts
};

}  // namespace belfry::storage
