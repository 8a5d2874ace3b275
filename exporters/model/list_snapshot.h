// A snapshot made by hand: for a few hundred series, not for a hundred thousand.
#pragma once

#include <string>
#include <vector>

#include "exporters/model/source.h"

namespace belfry::model {

// Filled once, then shared as a constant.
class ListSnapshot : public Snapshot {
 public:
  void AddFamily(Family family);
  // A series of the family added last. `suffix`: what the sample's name has after the family's, such as
  // `_total`.
  void Add(std::string_view suffix, std::vector<Label> labels, double value);

  std::span<const Family> families() const override { return families_; }
  void Visit(size_t family, const SeriesVisitor& visit) const override;

 private:
  struct Series {
    std::string sample_name;
    std::vector<Label> labels;
    double value;
  };

  std::vector<Family> families_;
  std::vector<std::vector<Series>> series_;  // as families_
};

}  // namespace belfry::model
