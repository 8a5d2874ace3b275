// What an expression evaluates to.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "exporters/model/labels.h"
#include "rules/promql/ast.h"
#include "rules/storage/sample.h"

namespace belfry::promql {

struct Scalar {
  int64_t time_ms = 0;
  double value = 0;

  bool operator==(const Scalar&) const = default;
};

struct String {
  int64_t time_ms = 0;
  std::string value;

  bool operator==(const String&) const = default;
};

struct VectorSample {
  model::Labels labels;
  int64_t time_ms = 0;
  double value = 0;

  bool operator==(const VectorSample&) const = default;
};
// No label set twice. In storage order unless the expression sorts.
using Vector = std::vector<VectorSample>;

struct MatrixSeries {
  model::Labels labels;
  std::vector<storage::Sample> samples;  // oldest first

  bool operator==(const MatrixSeries&) const = default;
};
// Sorted by labels.
using Matrix = std::vector<MatrixSeries>;

using Value = std::variant<Scalar, String, Vector, Matrix>;

ValueType TypeOf(const Value& value);

}  // namespace belfry::promql
