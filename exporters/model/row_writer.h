// One row being taken down: an object's label text, escaped once, and its numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/model/labels.h"

namespace belfry::model {

// What a sample's name has after its family's.
enum class Suffix : uint8_t { kNone, kTotal, kBucket, kSum, kCount, kInfo };
std::string_view SuffixText(Suffix suffix);

// Label values longer than this are cut: one object with a megabyte of text must not fill the page.
inline constexpr size_t kMaxLabelValue = 4096;  // Units: bytes, escaped

class RowChunk;

// One number of a row; the row's text says its labels.
struct RowSeries {
  double value = 0;
  uint32_t offset : 24 = 0;  // of the extra labels, from the row's beginning
  uint32_t suffix : 8 = 0;
  uint16_t length = 0;
  uint8_t family = 0;
  uint8_t row = 0;
};
static_assert(sizeof(RowSeries) == 16);

// Takes down one row. Series that the row already has are left out (a duplicate makes a scraper drop
// samples).
class RowWriter {
 public:
  // Labels of all of the row's series. To be called once, first.
  void Base(LabelsView labels);
  void Add(size_t family, double value) { Add(family, {}, value); }
  // `extra` follow the base labels. A series whose extra labels take more than 64 KiB is left out.
  // Requires: the family exists.
  void Add(size_t family, LabelsView extra, double value, Suffix suffix = Suffix::kNone);
  // The three series `condition="true"`, "false" and "unknown", one of them 1.
  void AddOneOf(size_t family, std::string_view label, std::span<const std::string_view> values,
                size_t which);

 private:
  friend class RowTable;
  friend class RowChunk;

  std::string text_;  // base labels, then the extra labels of each series with a comma before
  size_t base_length_ = 0;
  std::vector<RowSeries> series_;
};

}  // namespace belfry::model
