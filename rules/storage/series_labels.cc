#include "rules/storage/series_labels.h"

namespace belfry::storage {

SeriesLabels SeriesLabels::Borrow(const model::Labels& labels) {
  SeriesLabels borrowed;
  borrowed.lent_ = &labels;
  return borrowed;
}

SeriesLabels SeriesLabels::Borrow(const model::Snapshot& snapshot, model::SeriesPlace place) {
  SeriesLabels borrowed;
  borrowed.snapshot_ = &snapshot;
  borrowed.place_ = place;
  return borrowed;
}

std::string_view SeriesLabels::Get(std::string_view name) const {
  if (nameless_ && name == model::kMetricName) return {};
  if (lent_ != nullptr) return lent_->Get(name);
  if (snapshot_ != nullptr) {
    if (const auto value = snapshot_->LabelAt(place_, name)) return *value;
  }
  return Own().Get(name);
}

void SeriesLabels::Remove(std::string_view name) {
  if (name == model::kMetricName && (lent_ != nullptr || snapshot_ != nullptr)) {
    nameless_ = true;
  } else {
    Own().Remove(name);
  }
}

const model::Labels& SeriesLabels::Whole() const { return lent_ != nullptr && !nameless_ ? *lent_ : Own(); }

model::Labels SeriesLabels::Take() { return std::exchange(Own(), model::Labels()); }

model::Labels& SeriesLabels::Own() const {
  if (lent_ == nullptr && snapshot_ == nullptr) return own_;
  own_ = lent_ != nullptr ? *lent_ : snapshot_->LabelsAt(place_);
  if (nameless_) own_.Remove(model::kMetricName);
  lent_ = nullptr;
  snapshot_ = nullptr;
  return own_;
}

}  // namespace belfry::storage
