// What was expected and what came, as promtool words it, and where they differ.
#pragma once

#include <string>
#include <vector>

#include "exporters/model/labels.h"
#include "rules/promql/value.h"

namespace belfry::unittest {

// Sorted by name. Unlike model::Labels it can hold an empty value, which a test may expect.
using LabelList = std::vector<model::Label>;

struct ShownAlert {
  LabelList labels;
  LabelList annotations;

  auto operator<=>(const ShownAlert&) const = default;
};

struct ShownSample {
  LabelList labels;
  double value = 0;
};

// `{__name__="a", job="x"}`.
std::string ShowLabels(const LabelList& labels);
// `7E+00`.
std::string ShowValue(double value);
// `{job="x"} 7E+00, …`, or `nil`.
std::string ShowSamples(const std::vector<ShownSample>& samples);
// A numbered list over several lines, or `[]`; every line but the first is indented by `indent`.
std::string ShowAlerts(const std::vector<ShownAlert>& alerts, const std::string& indent);
// Go's form of a duration: `1h0m0s`, `1m30s`, `0s`.
std::string ShowGoDuration(Duration d);

// Lines that begin with `- ` (expected alone), `+ ` (came alone) or blanks, each indented by ten columns and
// ended by a line end. Alerts that are alike are shown once, with what differs. Requires: both sorted.
std::string DiffAlerts(const std::vector<ShownAlert>& expected, const std::vector<ShownAlert>& got);
std::string DiffSamples(const std::vector<ShownSample>& expected, const std::vector<ShownSample>& got);

}  // namespace belfry::unittest
