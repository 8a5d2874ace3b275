// Where numbers come from: metric families, seen at one instant.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "exporters/model/labels.h"

namespace belfry::model {

enum class MetricType { kCounter, kGauge, kHistogram, kSummary, kInfo, kUnknown };

// A family's head. `name` without `_total` for counters and without `_info` for infos (OpenMetrics' form; the
// 0.0.4 text and queries have the suffix).
struct Family {
  std::string name;
  std::string help;
  MetricType type = MetricType::kGauge;
  std::string unit;
};

enum class TextFormat { kPrometheus, kOpenMetrics };

// One series: its full sample name (`…_bucket`, `…_total`), labels and value. Views are valid during the
// call.
using SeriesVisitor = std::function<void(std::string_view sample_name, LabelsView labels, double value)>;

// Where a series stands in its snapshot.
struct SeriesPlace {
  uint32_t family = 0;
  uint32_t part = 0;
  uint32_t index = 0;
};
using PlacedVisitor = std::function<void(SeriesPlace place, std::string_view sample_name, double value)>;

// What a series' label must pass; one that is absent has the empty value.
struct LabelTest {
  std::string_view name;
  std::function<bool(std::string_view value)> passes;
};

// The values at one instant; never changes. Thread: any.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual std::span<const Family> families() const = 0;
  // Every series of families()[family], in stable order.
  virtual void Visit(size_t family, const SeriesVisitor& visit) const = 0;
  // Those that pass all tests, with the places at which labels can be read as long as the snapshot lives.
  // False: it has no places, and nothing was visited.
  virtual bool VisitPlaced(size_t family, std::span<const LabelTest> tests, const PlacedVisitor& visit) const;
  // All labels of the series at `place`, its sample name as `__name__`. Requires: VisitPlaced has shown it.
  virtual Labels LabelsAt(SeriesPlace place) const;
  // One of them, empty if absent, as a view into the snapshot; nothing: only LabelsAt can tell.
  virtual std::optional<std::string_view> LabelAt(SeriesPlace place, std::string_view name) const;
  // Appends the sample lines of families()[family] (no HELP or TYPE) for the objects `from`, `from`+1, …
  // until all are done or `out` has grown past `soft_limit` bytes. Returns where to go on, or 0 when the
  // family is complete. Default: through Visit, all at once.
  virtual size_t Render(size_t family, TextFormat format, size_t from, size_t soft_limit,
                        std::string& out) const;
};

// Thread: the loop that owns the numbers (telemetry).
class Source {
 public:
  virtual ~Source() = default;
  virtual std::shared_ptr<const Snapshot> Take() = 0;
};

}  // namespace belfry::model
