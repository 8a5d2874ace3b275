#include "rules/promql/signature.h"

namespace belfry::promql {

std::string Signature::Of(const model::Labels& labels) const {
  std::string text;
  for (const model::Label& label : labels) {
    if (!Counts(label.name)) continue;
    // Neither byte occurs in UTF-8.
    text += label.name;
    text += '\xFE';
    text += label.value;
    text += '\xFF';
  }
  return text;
}

model::Labels Signature::Part(const model::Labels& labels) const {
  std::vector<model::Label> part;
  for (const model::Label& label : labels)
    if (Counts(label.name)) part.push_back(label);
  return model::Labels(std::move(part));
}

std::vector<size_t> Ordinals::Of(const Grid& grid) {
  std::vector<size_t> ordinals(grid.rows());
  const std::string* only = signature_.only_label();
  if (only != nullptr && grid.rows() > by_value_.size()) by_value_.reserve(grid.rows());
  for (size_t row = 0; row < grid.rows(); ++row) {
    if (only != nullptr) {
      const auto [at, added] = by_value_.emplace(grid.labels(row).Get(*only), count_);
      if (added) ++count_;
      ordinals[row] = at->second;
    } else {
      const auto [at, added] = by_text_.emplace(signature_.Of(grid.labels(row)), count_);
      if (added) ++count_;
      ordinals[row] = at->second;
    }
  }
  return ordinals;
}

}  // namespace belfry::promql
