#include "agent/base/shared_value.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry {
namespace {

TEST(SharedValue, CopiesAreOneUntilOneIsChanged) {
  SharedValue<std::string> first = std::string("a");
  SharedValue<std::string> second = first;
  EXPECT_TRUE(second.SharesWith(first));
  second.Change([](std::string& text) { text += "b"; });
  EXPECT_FALSE(second.SharesWith(first));
  EXPECT_EQ(*first, "a");
  EXPECT_EQ(second->size(), 2U);
}

TEST(SharedValue, IsEqualByWhatItHolds) {
  const SharedValue<std::string> one = std::string("a");
  const SharedValue<std::string> other = std::string("a");
  EXPECT_FALSE(one.SharesWith(other));
  EXPECT_EQ(one, other);
  EXPECT_NE(one, SharedValue<std::string>());
}

TEST(SharedValue, WithoutAValueIsTheDefault) {
  SharedValue<std::string> none;
  EXPECT_EQ(*none, "");
  EXPECT_EQ(none, SharedValue<std::string>(std::string()));
  none.Change([](std::string& text) { text = "x"; });
  EXPECT_EQ(*none, "x");
}

}  // namespace
}  // namespace belfry
