#include "rules/promql/grid.h"

#include <algorithm>
#include <unordered_map>

namespace belfry::promql {
namespace {

// For every row the first row with equal labels.
std::vector<size_t> FirstEqual(const Grid& grid, bool* any) {
  std::vector<size_t> first(grid.rows());
  std::unordered_multimap<uint64_t, size_t> by_hash;
  by_hash.reserve(grid.rows());
  *any = false;
  for (size_t row = 0; row < grid.rows(); ++row) {
    const model::Labels& labels = grid.labels(row).Whole();
    const uint64_t hash = labels.Fingerprint();
    auto [at, end] = by_hash.equal_range(hash);
    while (at != end && grid.labels(at->second).Whole() != labels) ++at;
    first[row] = at == end ? row : at->second;
    if (at == end) {
      by_hash.emplace(hash, row);
    } else {
      *any = true;
    }
  }
  return first;
}

}  // namespace

void Grid::Reserve(size_t rows) {
  labels_.reserve(rows);
  values_.reserve(rows * steps_);
}

void Grid::Prune() {
  size_t kept = 0;
  for (size_t row = 0; row < rows(); ++row) {
    const auto cells = Row(row);
    if (std::none_of(cells.begin(), cells.end(), Present)) continue;
    if (kept != row) {
      labels_[kept] = std::move(labels_[row]);
      std::copy(cells.begin(), cells.end(), Row(kept).begin());
    }
    ++kept;
  }
  labels_.resize(kept);
  values_.resize(kept * steps_);
}

bool MergeEqualRows(Grid& grid, bool strict) {
  if (grid.rows() < 2) return true;
  bool any = false;
  const std::vector<size_t> first = FirstEqual(grid, &any);
  if (!any) return true;
  if (strict) return false;
  for (size_t row = 0; row < grid.rows(); ++row) {
    if (first[row] == row) continue;
    const auto from = grid.Row(row);
    const auto to = grid.Row(first[row]);
    for (size_t i = 0; i < from.size(); ++i) {
      if (!Present(from[i])) continue;
      if (Present(to[i])) return false;
      to[i] = from[i];
      from[i] = Absent();
    }
  }
  grid.Prune();
  return true;
}

}  // namespace belfry::promql
