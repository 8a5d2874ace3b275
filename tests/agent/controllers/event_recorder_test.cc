#include "agent/controllers/event_recorder.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "agent/base/fake_event_loop.h"
#include "agent/controllers/manager.h"
#include "agent/store/volatile_journal.h"

namespace belfry::controllers {
namespace {

class EventRecorderTest : public ::testing::Test {
 protected:
  EventRecorderTest() { EXPECT_TRUE(store_.Open().ok()); }

  void Say(const std::string& object, const std::string& message) {
    recorder_->Record(
        api::ObjectReference{.kind = "Job", .ns = "default", .name = object, .uid = "uid-" + object},
        {api::EventType::kNormal, "Reason", message});
  }
  // Message → count.
  std::map<std::string, int32_t> Said(const std::string& object) const {
    std::map<std::string, int32_t> said;
    for (const auto& event : store_.List<api::Event>()) {
      if (event->involved_object.name == object) said[event->message] += event->count;
    }
    return said;
  }

  FakeEventLoop loop_{FromUnixSeconds(1'700'000'000)};
  SeededRandom random_{1};
  store::VolatileJournal journal_;
  store::Store store_{loop_, random_, journal_};
  std::optional<EventRecorder> recorder_{std::in_place, store_, loop_, "job-controller"};
};

using Counts = std::map<std::string, int32_t>;

TEST_F(EventRecorderTest, RepetitionsRaiseTheCount) {
  for (int i = 0; i < 3; ++i) Say("a", "again");
  Say("a", "other");
  Say("b", "again");
  EXPECT_EQ(Said("a"), (Counts{{"again", 3}, {"other", 1}}));
  EXPECT_EQ(Said("b"), (Counts{{"again", 1}}));
}

TEST_F(EventRecorderTest, ARepetitionAfterARestartFindsItsEvent) {
  Say("a", "again");
  recorder_.emplace(store_, loop_, "job-controller");
  Say("a", "again");
  EXPECT_EQ(Said("a"), (Counts{{"again", 2}}));
}

TEST_F(EventRecorderTest, ManyMessagesShareAnEventThatIsWrittenOnceASecond) {
  for (int i = 0; i < 1000; ++i) Say("a", "pod " + std::to_string(i));
  EXPECT_EQ(Said("a").size(), kDistinctMessages + 1);
  loop_.Advance(seconds(1));
  Say("a", "the last");
  int32_t total = 0;
  for (const auto& [message, count] : Said("a")) total += count;
  EXPECT_EQ(total, 1001);
  EXPECT_EQ(Said("a").count("(combined from similar events): the last"), 1U);
}

// What is remembered is bounded, and who speaks often is not forgotten for those who spoke once.
TEST_F(EventRecorderTest, RemembersThoseThatSpokeLast) {
  for (size_t i = 0; i < kDistinctMessages; ++i) {
    Say("often", "message " + std::to_string(i));
    Say("once", "message " + std::to_string(i));
  }
  for (size_t i = 0; i < kMaxSeries; ++i) {
    Say("other-" + std::to_string(i), "hello");
    if (i % 1000 == 0) Say("often", "message 0");
  }
  Say("often", "one more");
  Say("once", "one more");
  EXPECT_EQ(Said("often").count("(combined from similar events): one more"), 1U);
  EXPECT_EQ(Said("once").count("one more"), 1U);
}

TEST_F(EventRecorderTest, TheOldestEventsGoWhenTheyAreTooManyOrAnHourOld) {
  EventPruner pruner(store_, loop_, 3);
  Manager manager(loop_, store_);
  manager.Add(pruner);
  manager.Start();
  for (int i = 0; i < 5; ++i) {
    Say("a", "message " + std::to_string(i));
    loop_.Advance(seconds(10));
  }
  EXPECT_EQ(Said("a"), (Counts{{"message 2", 1}, {"message 3", 1}, {"message 4", 1}}));
  Say("a", "message 2");
  loop_.Advance(kEventTtl - seconds(5));
  EXPECT_EQ(Said("a"), (Counts{{"message 2", 2}}));
  loop_.Advance(seconds(10));
  EXPECT_EQ(Said("a"), Counts());
}

}  // namespace
}  // namespace belfry::controllers
