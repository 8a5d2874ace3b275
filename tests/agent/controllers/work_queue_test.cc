#include "agent/controllers/work_queue.h"

#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"

namespace belfry::controllers {
namespace {

class WorkQueueTest : public ::testing::Test {
 protected:
  static api::Key Named(std::string name) { return {api::Kind::kJob, "default", std::move(name)}; }
  std::string PopAll() {
    std::string names;
    while (const auto key = queue_.Pop()) names += key->name;
    return names;
  }

  FakeEventLoop loop_{FromUnixSeconds(1'000'000)};
  int ready_ = 0;
  WorkQueue queue_{loop_, [this] { ++ready_; }};
};

TEST_F(WorkQueueTest, HoldsAKeyOnceInOrderOfArrival) {
  for (const char* name : {"b", "a", "b", "c", "a"}) queue_.Add(Named(name));
  EXPECT_EQ(queue_.size(), 3U);
  EXPECT_EQ(PopAll(), "bac");
  EXPECT_TRUE(queue_.empty());
}

TEST_F(WorkQueueTest, SaysReadyOnlyWhenItWasEmpty) {
  queue_.Add(Named("a"));
  queue_.Add(Named("b"));
  EXPECT_EQ(ready_, 1);
  PopAll();
  queue_.Add(Named("a"));
  EXPECT_EQ(ready_, 2);
}

TEST_F(WorkQueueTest, DelayedKeyRipensAtItsTime) {
  queue_.AddAfter(Named("a"), seconds(5));
  loop_.Advance(seconds(4));
  EXPECT_TRUE(queue_.empty());
  loop_.Advance(seconds(1));
  EXPECT_EQ(PopAll(), "a");
}

TEST_F(WorkQueueTest, EarliestOfSeveralWishesHolds) {
  queue_.AddAfter(Named("a"), seconds(10));
  queue_.AddAfter(Named("a"), seconds(3));
  queue_.AddAfter(Named("a"), seconds(7));
  loop_.Advance(seconds(3));
  EXPECT_EQ(PopAll(), "a");
  loop_.Advance(seconds(60));
  EXPECT_EQ(PopAll(), "");
}

TEST_F(WorkQueueTest, DelayedKeysComeInTheOrderOfTheirTimes) {
  queue_.AddAfter(Named("c"), seconds(3));
  queue_.AddAfter(Named("a"), seconds(1));
  queue_.AddAfter(Named("b"), seconds(2));
  loop_.Advance(seconds(10));
  EXPECT_EQ(PopAll(), "abc");
}

TEST_F(WorkQueueTest, AddNowDropsThePlanForLater) {
  queue_.AddAfter(Named("a"), seconds(3));
  queue_.Add(Named("a"));
  EXPECT_EQ(PopAll(), "a");
  loop_.Advance(seconds(10));
  EXPECT_EQ(PopAll(), "");
}

TEST_F(WorkQueueTest, PastInstantIsNow) {
  queue_.AddAt(Named("a"), loop_.Now() - hours(1));
  EXPECT_EQ(PopAll(), "a");
}

TEST_F(WorkQueueTest, RetriesAfterOneTwoFourUpToSixtySecondsAndForgets) {
  for (const int delay : {1, 2, 4, 8, 16, 32, 60, 60}) {
    queue_.Retry(Named("a"));
    loop_.Advance(seconds(delay) - milliseconds(1));
    EXPECT_TRUE(queue_.empty()) << delay;
    loop_.Advance(milliseconds(1));
    EXPECT_EQ(PopAll(), "a") << delay;
  }
  queue_.Forget(Named("a"));
  queue_.Retry(Named("a"));
  loop_.Advance(seconds(1));
  EXPECT_EQ(PopAll(), "a");
}

TEST_F(WorkQueueTest, FollowsTheHostsClockWhenItIsSet) {
  queue_.AddAfter(Named("a"), hours(1));
  loop_.JumpClock(hours(2));
  loop_.Advance(seconds(0));
  EXPECT_EQ(PopAll(), "a");
}

TEST_F(WorkQueueTest, TenThousandDelayedKeysNeedOneTimer) {
  for (int i = 0; i < 10'000; ++i) queue_.AddAfter(Named(std::to_string(i)), seconds(10 + i));
  EXPECT_EQ(queue_.delayed(), 10'000U);
  EXPECT_EQ(loop_.NextDeadline({}), loop_.Now() + seconds(10));
  loop_.Advance(seconds(10'010));
  EXPECT_EQ(queue_.size(), 10'000U);
}

}  // namespace
}  // namespace belfry::controllers
