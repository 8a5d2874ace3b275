// Which slot of a table of rows is whose.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporters/model/row_chunk.h"

namespace belfry::model {

// Gives rows of one group slots in the same chunks, so that who looks for a group need not look into the
// chunks of others.
class RowSlots {
 public:
  uint32_t Take(const std::string& group);
  void GiveBack(uint32_t slot);
  // How many chunks there are, empty ones included.
  size_t chunks() const { return chunks_.size(); }

 private:
  struct Chunk {
    std::string group;
    std::vector<uint32_t> free;  // slots, to be taken from the end
  };

  using Rooms = std::map<std::string, std::set<uint32_t>>;  // by group: chunks

  uint32_t Open(const std::string& group);
  // The group has no more use for the chunk: it is full, or empty.
  void Leave(Rooms::iterator room, uint32_t index);

  std::vector<Chunk> chunks_;
  Rooms with_room_;  // neither full nor empty
  std::vector<uint32_t> empty_;
};

}  // namespace belfry::model
