#include "exporters/model/row_slots.h"

namespace belfry::model {

uint32_t RowSlots::Take(const std::string& group) {
  auto room = with_room_.find(group);
  if (room == with_room_.end()) room = with_room_.emplace(group, std::set{Open(group)}).first;
  const uint32_t index = *room->second.begin();
  Chunk& chunk = chunks_[index];
  const uint32_t slot = chunk.free.back();
  chunk.free.pop_back();
  if (chunk.free.empty()) Leave(room, index);
  return slot;
}

// An empty chunk for the group.
uint32_t RowSlots::Open(const std::string& group) {
  uint32_t index = static_cast<uint32_t>(chunks_.size());
  if (empty_.empty()) {
    Chunk& chunk = chunks_.emplace_back();
    for (uint32_t i = kRowsPerChunk; i > 0; --i) chunk.free.push_back(index * kRowsPerChunk + i - 1);
  } else {
    index = empty_.back();
    empty_.pop_back();
  }
  chunks_[index].group = group;
  return index;
}

void RowSlots::GiveBack(uint32_t slot) {
  const uint32_t index = slot / kRowsPerChunk;
  Chunk& chunk = chunks_[index];
  chunk.free.push_back(slot);
  if (chunk.free.size() < kRowsPerChunk) {
    with_room_[chunk.group].insert(index);
    return;
  }
  Leave(with_room_.find(chunk.group), index);
  empty_.push_back(index);
}

void RowSlots::Leave(Rooms::iterator room, uint32_t index) {
  room->second.erase(index);
  if (room->second.empty()) with_room_.erase(room);
}

}  // namespace belfry::model
