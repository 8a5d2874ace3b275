// The part of a label set that decides what belongs together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/model/labels.h"
#include "rules/promql/grid.h"

namespace belfry::promql {

// `on`: the named labels, else all but them. The metric name counts only where it is named, or with
// `with_name`.
class Signature {
 public:
  Signature(bool on, std::vector<std::string> labels, bool with_name = false)
      : on_(on), with_name_(with_name), labels_(std::move(labels)) {
    std::sort(labels_.begin(), labels_.end());
  }

  std::string Of(const storage::SeriesLabels& labels) const;
  void AppendTo(const storage::SeriesLabels& labels, std::string& text) const;
  // The labels themselves.
  model::Labels Part(const model::Labels& labels) const;
  // All label sets are alike.
  bool is_empty() const { return on_ && labels_.empty(); }
  // Of one label alone its value says everything; null: several.
  const std::string* only_label() const { return on_ && labels_.size() == 1 ? &labels_[0] : nullptr; }

 private:
  bool Counts(std::string_view name) const {
    const bool listed = std::binary_search(labels_.begin(), labels_.end(), name);
    if (on_) return listed;
    return !listed && (with_name_ || name != model::kMetricName);
  }

  bool on_;
  bool with_name_;
  std::vector<std::string> labels_;
};

// Small numbers for signatures, the same for equal ones, in the order they were first seen.
class Ordinals {
 public:
  explicit Ordinals(const Signature& signature) : signature_(signature) {}

  // One for each row. Requires: the labels of `grid` stay where they are.
  std::vector<size_t> Of(const Grid& grid);
  size_t count() const { return keys_.size(); }

 private:
  struct Key {
    size_t hash = 0;
    std::string_view text;
  };

  void Reserve(size_t keys);
  size_t Find(std::string_view key, bool copy);

  const Signature& signature_;
  std::vector<Key> keys_;        // by ordinal
  std::vector<uint32_t> slots_;  // ordinal + 1, at the key's hash or behind it; 0: free
  std::deque<std::string> texts_;
};

}  // namespace belfry::promql
