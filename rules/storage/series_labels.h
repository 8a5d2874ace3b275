// The labels of a selected series, copied only when somebody wants them whole or changed.
// Most series of a query are counted, added or filtered away; of most of the rest one label is read.
#pragma once

#include <cstdint>
#include <memory>
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
  SeriesLabels(model::Labels own) : own_(std::make_unique<model::Labels>(std::move(own))) {}
  static SeriesLabels Borrow(const model::Labels& labels);
  // Requires: the place was shown by VisitPlaced of this snapshot.
  static SeriesLabels Borrow(const model::Snapshot& snapshot, model::SeriesPlace place);

  SeriesLabels(const SeriesLabels& other);
  SeriesLabels(SeriesLabels&&) = default;
  SeriesLabels& operator=(const SeriesLabels& other) { return *this = SeriesLabels(other); }
  SeriesLabels& operator=(SeriesLabels&&) = default;
  ~SeriesLabels() = default;

  std::string_view Get(std::string_view name) const;  // empty if absent; valid until the next change
  void Set(std::string_view name, std::string_view value) { Own().Set(name, value); }
  void Remove(std::string_view name);

  const model::Labels& Whole() const;
  operator const model::Labels&() const { return Whole(); }
  // Leaves nothing behind.
  model::Labels Take();

  friend bool operator==(const SeriesLabels& a, const SeriesLabels& b) { return a.Whole() == b.Whole(); }

 private:
  enum class From : uint8_t { kOwn, kLabels, kSnapshot };

  const model::Labels& lent() const { return *static_cast<const model::Labels*>(source_); }
  const model::Snapshot& snapshot() const { return *static_cast<const model::Snapshot*>(source_); }
  model::Labels& Own() const;

  // Small, for a query holds one for each series that it looks at; most never have labels of their own.
  mutable std::unique_ptr<model::Labels> own_;  // null: none
  const void* source_ = nullptr;
  model::SeriesPlace place_;
  mutable From from_ = From::kOwn;
  bool nameless_ = false;  // of borrowed labels all but the metric name counts
};

}  // namespace belfry::storage
