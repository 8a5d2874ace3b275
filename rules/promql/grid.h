// Instant vectors over many steps: one row a series, one column a step. An instant query is a grid of one
// column. Work on labels happens once a row instead of once a sample; work on values runs along rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rules/storage/sample.h"
#include "rules/storage/series_labels.h"

namespace belfry::promql {

// The evaluation times: start, start+step, …
struct Steps {
  int64_t start_ms = 0;
  int64_t step_ms = 1;
  size_t count = 1;

  int64_t At(size_t i) const { return start_ms + static_cast<int64_t>(i) * step_ms; }
  int64_t last() const { return At(count - 1); }
};

// A cell without a sample holds the stale marker, which no arithmetic yields and no selection lets through.
inline double Absent() { return storage::StaleMarker(); }
inline bool Present(double value) { return !storage::IsStale(value); }

class Grid {
 public:
  explicit Grid(size_t steps) : steps_(steps) {}

  size_t rows() const { return labels_.size(); }
  size_t steps() const { return steps_; }
  size_t cells() const { return values_.size(); }
  storage::SeriesLabels& labels(size_t row) { return labels_[row]; }
  const storage::SeriesLabels& labels(size_t row) const { return labels_[row]; }
  std::span<double> Row(size_t row) { return {values_.data() + row * steps_, steps_}; }
  std::span<const double> Row(size_t row) const { return {values_.data() + row * steps_, steps_}; }

  void Reserve(size_t rows);
  // A new row of absent cells.
  std::span<double> AddRow(storage::SeriesLabels labels) {
    labels_.push_back(std::move(labels));
    values_.resize(values_.size() + steps_, Absent());
    return Row(rows() - 1);
  }
  void DropLastRow() {
    labels_.pop_back();
    values_.resize(values_.size() - steps_);
  }
  // Drops the rows that have no sample.
  void Prune();

  // Whether all rows have the same metric name, so that they stay distinct without it.
  bool one_name = false;

 private:
  size_t steps_;
  std::vector<storage::SeriesLabels> labels_;
  std::vector<double> values_;
};

// Scalars, by step.
using Column = std::vector<double>;

// What a node of the tree evaluates to. Range vectors are read where they are used, see range_input.h.
struct Evaluated {
  std::variant<Column, Grid, std::string> value;

  Column& column() { return std::get<Column>(value); }
  Grid& grid() { return std::get<Grid>(value); }
};

// Joins rows of equal labels. False: two of them have a sample at one step (or `strict`: they are equal at
// all).
bool MergeEqualRows(Grid& grid, bool strict);

}  // namespace belfry::promql
