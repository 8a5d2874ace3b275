#include "rules/storage/series_labels.h"

namespace belfry::storage {

SeriesLabels SeriesLabels::Borrow(const model::Labels& labels) {
  SeriesLabels borrowed;
  borrowed.from_ = From::kLabels;
  borrowed.source_ = &labels;
  return borrowed;
}

SeriesLabels SeriesLabels::Borrow(const model::Snapshot& snapshot, model::SeriesPlace place) {
  SeriesLabels borrowed;
  borrowed.from_ = From::kSnapshot;
  borrowed.source_ = &snapshot;
  borrowed.place_ = place;
  return borrowed;
}

SeriesLabels::SeriesLabels(const SeriesLabels& other)
    : own_(other.own_ ? std::make_unique<model::Labels>(*other.own_) : nullptr),
      source_(other.source_),
      place_(other.place_),
      from_(other.from_),
      nameless_(other.nameless_) {}

std::string_view SeriesLabels::Get(std::string_view name) const {
  if (from_ != From::kOwn && nameless_ && name == model::kMetricName) return {};
  if (from_ == From::kLabels) return lent().Get(name);
  if (from_ == From::kSnapshot) {
    if (const auto value = snapshot().LabelAt(place_, name)) return *value;
  }
  return Own().Get(name);
}

void SeriesLabels::Remove(std::string_view name) {
  if (name == model::kMetricName && from_ != From::kOwn) {
    nameless_ = true;
  } else {
    Own().Remove(name);
  }
}

const model::Labels& SeriesLabels::Whole() const {
  return from_ == From::kLabels && !nameless_ ? lent() : Own();
}

model::Labels SeriesLabels::Take() { return std::exchange(Own(), model::Labels()); }

model::Labels& SeriesLabels::Own() const {
  if (!own_) own_ = std::make_unique<model::Labels>();
  if (from_ == From::kOwn) return *own_;
  *own_ = from_ == From::kLabels ? lent() : snapshot().LabelsAt(place_);
  if (nameless_) own_->Remove(model::kMetricName);
  from_ = From::kOwn;
  return *own_;
}

}  // namespace belfry::storage
