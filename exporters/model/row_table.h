// Series of many objects, kept as rows that can be photographed at no cost and written as text at the speed
// of memory. A row is one object's label text, escaped once, and its numbers. Rows live in chunks of 128 that
// never change: a new chunk takes the place of one whose rows have changed. So a snapshot is a list of
// pointers, and nothing that reads one is ever waited for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "exporters/model/row_chunk.h"
#include "exporters/model/row_slots.h"
#include "exporters/model/source.h"

namespace belfry::model {

// Thread: one (the owner's); snapshots may be read on any.
class RowTable : public Source {
 public:
  using Describe = model::Describe;

  // Requires: at most 255 families.
  explicit RowTable(std::vector<Family> families);

  // `describe` says what the row of `id` shows from now on. It is called once, at the latest by the next
  // Take, and not at all if the row is set again or removed before that. Rows that have a label in common by
  // which they are looked for may name its value as their group; it counts when the row is new.
  void Set(const std::string& id, Describe describe, const std::string& group = {});
  void Remove(const std::string& id);
  bool Has(const std::string& id) const { return slots_.contains(id); }
  size_t size() const { return slots_.size(); }

  std::shared_ptr<const Snapshot> Take() override;

 private:
  class View;

  void Settle();

  std::shared_ptr<const std::vector<Family>> families_;
  std::unordered_map<std::string, uint32_t> slots_;
  RowSlots places_;
  RowChanges pending_;
  std::vector<std::shared_ptr<const RowChunk>> chunks_;
};

}  // namespace belfry::model
