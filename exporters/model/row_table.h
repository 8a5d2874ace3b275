// Series of many objects, kept as rows that can be photographed at no cost and written as text at the speed
// of memory. A row is one object's label text, escaped once, and its numbers. Rows live in chunks of 128 that
// never change: a new chunk takes the place of one whose rows have changed. So a snapshot is a list of
// pointers, and nothing that reads one is ever waited for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporters/model/source.h"

namespace belfry::model {

// What a sample's name has after its family's.
enum class Suffix : uint8_t { kNone, kTotal, kBucket, kSum, kCount, kInfo };
std::string_view SuffixText(Suffix suffix);

// Label values longer than this are cut: one object with a megabyte of text must not fill the page.
inline constexpr size_t kMaxLabelValue = 4096;  // Units: bytes, escaped

struct RowChunk;

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
  friend struct RowChunk;

  std::string text_;  // base labels, then the extra labels of each series with a comma before
  size_t base_length_ = 0;
  std::vector<RowSeries> series_;
};

// Thread: one (the owner's); snapshots may be read on any.
class RowTable : public Source {
 public:
  using Describe = std::function<void(RowWriter&)>;

  // Requires: at most 255 families.
  explicit RowTable(std::vector<Family> families);

  // `describe` says what the row of `id` shows from now on. It is called once, at the latest by the next
  // Take, and not at all if the row is set again or removed before that.
  void Set(const std::string& id, Describe describe);
  void Remove(const std::string& id);
  bool Has(const std::string& id) const { return slots_.contains(id); }
  size_t size() const { return slots_.size(); }

  std::shared_ptr<const Snapshot> Take() override;

 private:
  class View;

  void Settle();

  std::shared_ptr<const std::vector<Family>> families_;
  std::unordered_map<std::string, uint32_t> slots_;
  std::vector<uint32_t> free_;
  uint32_t next_slot_ = 0;
  std::map<uint32_t, Describe> pending_;  // by slot; an empty function: the row is gone
  std::vector<std::shared_ptr<const RowChunk>> chunks_;
};

}  // namespace belfry::model
