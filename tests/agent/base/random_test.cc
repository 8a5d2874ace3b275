#include "agent/base/random.h"

#include <gtest/gtest.h>

#include <set>

#include "agent/base/backoff.h"

namespace belfry {
namespace {

TEST(RandomUid, IsAVersion4Uuid) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uid = RandomUid(random);
    ASSERT_EQ(uid.size(), 36u);
    EXPECT_EQ(uid[14], '4');
    EXPECT_NE(std::string("89ab").find(uid[19]), std::string::npos) << uid;
    EXPECT_EQ(uid.find_first_not_of("0123456789abcdef-"), std::string::npos);
    EXPECT_TRUE(seen.insert(uid).second);
  }
}

TEST(RandomSuffix, UsesKubernetesAlphabet) {
  SystemRandom random;
  const std::string suffix = RandomSuffix(random, 500);
  EXPECT_EQ(suffix.size(), 500u);
  EXPECT_EQ(suffix.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos);
}

TEST(ExponentialDelay, DoublesUpToTheCap) {
  const int64_t expected[] = {0, 10, 20, 40, 80, 160, 320, 600, 600};
  for (int64_t n = 0; n <= 8; ++n) {
    EXPECT_EQ(ExponentialDelay(seconds(10), seconds(600), n), Duration(seconds(expected[n]))) << n;
  }
  EXPECT_EQ(ExponentialDelay(seconds(10), seconds(600), 2'000'000'000), Duration(seconds(600)));
}

}  // namespace
}  // namespace belfry
