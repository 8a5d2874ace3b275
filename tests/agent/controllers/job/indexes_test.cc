#include "agent/controllers/job/indexes.h"

#include <gtest/gtest.h>

#include <set>

#include "agent/base/random.h"

namespace belfry::controllers {
namespace {

TEST(IndexSet, TextForm) {
  const struct {
    std::vector<int32_t> indexes;
    const char* text;
  } kCases[] = {
      {{}, ""},
      {{0}, "0"},
      {{0, 1}, "0,1"},
      {{0, 1, 2}, "0-2"},
      {{0, 1, 3, 4}, "0,1,3,4"},
      {{1, 3, 4, 5, 7}, "1,3-5,7"},
      {{5, 4, 3}, "3-5"},
      {{7, 7, 7}, "7"},
  };
  for (const auto& c : kCases) {
    IndexSet set;
    for (const int32_t index : c.indexes) set.Add(index);
    EXPECT_EQ(set.ToString(), c.text);
    EXPECT_EQ(IndexSet::Parse(c.text, 100), set) << c.text;
  }
}

TEST(IndexSet, ReadingSkipsTheUnreadableAndCutsAtCompletions) {
  const struct {
    const char* text;
    int32_t completions;
    const char* read;
  } kCases[] = {
      {"1,x,3", 10, "1,3"},
      {"1-", 10, ""},
      {"-1", 10, ""},
      {"3-1,5", 10, "5"},
      {"1-2-3,4", 10, "4"},
      {",,2,", 10, "2"},
      {"0-9", 5, "0-4"},
      {"7,8", 5, ""},
      {"\xff,1", 10, "1"},
      {"99999999999", 10, ""},
      {"2147483647", 2147483647, ""},
      {"0-2147483646", 3, "0-2"},
  };
  for (const auto& c : kCases) EXPECT_EQ(IndexSet::Parse(c.text, c.completions).ToString(), c.read) << c.text;
}

TEST(IndexSet, AgreesWithASetOfNumbers) {
  SeededRandom random(7);
  for (int round = 0; round < 300; ++round) {
    IndexSet set;
    std::set<int32_t> model;
    for (int i = 0; i < 40; ++i) {
      const auto index = static_cast<int32_t>(random.Next() % 50);
      set.Add(index);
      model.insert(index);
    }
    ASSERT_EQ(set.size(), std::ssize(model));
    std::vector<int32_t> missing;
    for (int32_t i = 0; i < 50; ++i) {
      ASSERT_EQ(set.Contains(i), model.contains(i)) << i;
      if (!model.contains(i) && missing.size() < 5) missing.push_back(i);
    }
    ASSERT_EQ(set.FirstMissing(5, 50), missing);
    ASSERT_EQ(IndexSet::Parse(set.ToString(), 50), set);
  }
}

TEST(IndexSet, CountsWhatTwoSetsShare) {
  const IndexSet a = IndexSet::Parse("0-9,20,30-35", 100);
  EXPECT_EQ(a.CountOf(IndexSet::Parse("5-12,20,34-40", 100)), 5 + 1 + 2);
  EXPECT_EQ(a.CountOf({}), 0);
}

}  // namespace
}  // namespace belfry::controllers
