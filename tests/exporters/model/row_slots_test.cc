#include "exporters/model/row_slots.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace belfry::model {
namespace {

TEST(RowSlots, GroupsDoNotShareChunks) {
  RowSlots slots;
  const uint32_t a = slots.Take("a");
  const uint32_t b = slots.Take("b");
  EXPECT_NE(a / kRowsPerChunk, b / kRowsPerChunk);
  EXPECT_EQ(slots.Take("a") / kRowsPerChunk, a / kRowsPerChunk);
  EXPECT_EQ(slots.chunks(), 2u);
}

TEST(RowSlots, AChunkThatIsEmptyServesAnyGroup) {
  RowSlots slots;
  slots.GiveBack(slots.Take("a"));
  const uint32_t slot = slots.Take("b");
  EXPECT_LT(slot, kRowsPerChunk);
  EXPECT_EQ(slots.chunks(), 1u);
}

TEST(RowSlots, AFullChunkIsFollowedByAnother) {
  RowSlots slots;
  for (uint32_t i = 0; i < kRowsPerChunk; ++i) EXPECT_EQ(slots.Take("a"), i);
  EXPECT_EQ(slots.Take("a"), kRowsPerChunk);
  slots.GiveBack(3);
  EXPECT_EQ(slots.Take("a"), 3u);
}

// Under any order of changes no slot has two owners, no chunk two groups, and no more chunks are there than
// the groups once needed at the same time.
TEST(RowSlots, AgreesWithAPlainMapUnderRandomChanges) {
  std::mt19937 random(5);
  RowSlots slots;
  std::map<uint32_t, std::string> owners;
  for (int step = 0; step < 50'000; ++step) {
    if (!owners.empty() && random() % 2 == 0) {
      const auto victim = std::next(owners.begin(), static_cast<long>(random() % owners.size()));
      slots.GiveBack(victim->first);
      owners.erase(victim);
      continue;
    }
    const std::string group(1, static_cast<char>('a' + random() % 5));
    const uint32_t slot = slots.Take(group);
    ASSERT_TRUE(owners.emplace(slot, group).second);
    ASSERT_LT(slot, slots.chunks() * kRowsPerChunk);
  }
  std::map<uint32_t, std::string> chunks;
  for (const auto& [slot, group] : owners)
    EXPECT_EQ(chunks.emplace(slot / kRowsPerChunk, group).first->second, group);
  EXPECT_LE(slots.chunks(), 40u);
}

}  // namespace
}  // namespace belfry::model
