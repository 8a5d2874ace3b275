#include "exporters/model/source.h"

#include "exporters/model/text.h"

namespace belfry::model {

size_t Snapshot::Render(size_t family, TextFormat, size_t, size_t, std::string& out) const {
  Visit(family, [&out](std::string_view sample_name, LabelsView labels, double value) {
    AppendSample(sample_name, labels, value, out);
  });
  return 0;
}

bool Snapshot::VisitPlaced(size_t, std::span<const LabelTest>, const PlacedVisitor&) const { return false; }
Labels Snapshot::LabelsAt(SeriesPlace) const { return {}; }
std::optional<std::string_view> Snapshot::LabelAt(SeriesPlace, std::string_view) const {
  return std::nullopt;
}

}  // namespace belfry::model
