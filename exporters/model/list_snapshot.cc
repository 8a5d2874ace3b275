#include "exporters/model/list_snapshot.h"

#include "agent/base/check.h"

namespace belfry::model {

void ListSnapshot::AddFamily(Family family) {
  families_.push_back(std::move(family));
  series_.emplace_back();
}

void ListSnapshot::Add(std::string_view suffix, std::vector<Label> labels, double value) {
  CHECK(!families_.empty());
  series_.back().push_back({families_.back().name + std::string(suffix), std::move(labels), value});
}

void ListSnapshot::Visit(size_t family, const SeriesVisitor& visit) const {
  std::vector<LabelView> views;
  for (const Series& series : series_[family]) {
    views.clear();
    for (const Label& label : series.labels) views.push_back({label.name, label.value});
    visit(series.sample_name, views, series.value);
  }
}

}  // namespace belfry::model
