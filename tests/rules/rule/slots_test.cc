// When groups run: phases by hash, slots that hold over restarts, clock changes and slow runs.
#include "rules/rule/slots.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/rules/rule/engine_fixture.h"

namespace belfry::rule {
namespace {

using testing::IsEmpty;

TEST(PhaseOf, IsWithinTheIntervalInWholeMilliseconds) {
  for (const Duration interval :
       {Duration(milliseconds(1)), Duration(milliseconds(100)), Duration(seconds(15)), Duration(minutes(1)),
        Duration(hours(24)), Duration(std::chrono::nanoseconds(1))}) {
    for (int i = 0; i < 100; ++i) {
      const Duration phase = PhaseOf("f", "g" + std::to_string(i), interval);
      EXPECT_GE(phase, Duration(0));
      EXPECT_LT(phase, interval);
      EXPECT_EQ(phase % milliseconds(1), Duration(0));
    }
  }
}

TEST(PhaseOf, ComesFromFileAndName) {
  EXPECT_EQ(PhaseOf("f", "g", minutes(1)), PhaseOf("f", "g", minutes(1)));
  EXPECT_NE(PhaseOf("f", "g", minutes(1)), PhaseOf("f", "h", minutes(1)));
  EXPECT_NE(PhaseOf("f", "g", minutes(1)), PhaseOf("e", "g", minutes(1)));
  EXPECT_NE(PhaseOf("ab", "c", minutes(1)), PhaseOf("a", "bc", minutes(1)));
}

// A thousand names that differ in a digit: no second of the minute is left out by much, none is crowded.
TEST(PhaseOf, SpreadsLikeNames) {
  std::vector<int> of_second(60);
  for (int i = 0; i < 6000; ++i)
    ++of_second[static_cast<size_t>(PhaseOf("r.yaml", "g" + std::to_string(i), minutes(1)) / seconds(1))];
  for (const int count : of_second) {
    EXPECT_GT(count, 50);
    EXPECT_LT(count, 150);
  }
}

TEST(NextSlot, IsTheFirstAfterNow) {
  const struct {
    int64_t now, interval, phase, want;
  } cases[] = {
      {0, 60, 0, 60},    {59, 60, 0, 60},    {60, 60, 0, 120},  {0, 60, 17, 17}, {16, 60, 17, 17},
      {17, 60, 17, 77},  {76, 60, 17, 77},   {77, 60, 17, 137}, {-1, 60, 0, 0},  {-60, 60, 0, 0},
      {-61, 60, 0, -60}, {-44, 60, 17, -43}, {-43, 60, 17, 17},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(NextSlot(FromUnixSeconds(c.now), seconds(c.interval), seconds(c.phase)),
              FromUnixSeconds(c.want))
        << c.now << " + " << c.interval << " phase " << c.phase;
  }
}

class SpreadTest : public EngineTest {
 protected:
  SpreadTest() { options_.slots = Slots::kSpread; }

  std::vector<Duration> RunsOf(const std::string& group) const {
    std::vector<Duration> runs;
    for (const Handed& handed : handed_) {
      if (handed.group == group) runs.push_back(handed.at - kNoon);
    }
    return runs;
  }
};

constexpr std::string_view kTwo = "groups: [{name: a, interval: 30s}, {name: b, interval: 1m}]";

TEST_F(SpreadTest, GroupsRunAtTheirPhaseEachInterval) {
  const Duration a = PhaseOf("r.yaml", "a", seconds(30));
  const Duration b = PhaseOf("r.yaml", "b", minutes(1));
  ASSERT_NE(a % seconds(30), b % seconds(30));
  Start(kTwo);
  loop_.RunUntilIdle();
  EXPECT_THAT(handed_, IsEmpty()) << "a new group waits for its first slot";
  loop_.Advance(minutes(2));
  EXPECT_EQ(RunsOf("a"), (std::vector<Duration>{a, a + seconds(30), a + seconds(60), a + seconds(90)}));
  EXPECT_EQ(RunsOf("b"), (std::vector<Duration>{b, b + minutes(1)}));
}

TEST_F(SpreadTest, TheSlotsAreTheSameAfterARestartAndAReload) {
  const Duration a = PhaseOf("r.yaml", "a", seconds(30));
  Start(kTwo);
  loop_.Advance(a + seconds(70));
  ASSERT_TRUE(engine_->SetGroups(Groups(kTwo)).ok());
  loop_.Advance(seconds(30));
  engine_->Stop();
  Crash();
  Start(kTwo);
  loop_.Advance(seconds(30));
  EXPECT_EQ(RunsOf("a"),
            (std::vector<Duration>{a, a + seconds(30), a + seconds(60), a + seconds(90), a + seconds(120)}));
}

TEST_F(SpreadTest, ManyGroupsAreEvaluatedApart) {
  std::string yaml = "groups:\n";
  for (int i = 0; i < 60; ++i) yaml += "- name: g" + std::to_string(i) + "\n";
  Start(yaml);
  loop_.Advance(minutes(1));
  ASSERT_EQ(handed_.size(), 60u) << "each once a minute";
  std::set<int64_t> in_seconds;
  for (const Handed& handed : handed_) in_seconds.insert((handed.at - kNoon) / seconds(1));
  EXPECT_GE(in_seconds.size(), 25u) << "60 at random hit 38 of 60 seconds";
}

TEST_F(SpreadTest, ASlowEvaluationSkipsWholeSlotsAndKeepsThePhase) {
  const Duration g = PhaseOf("r.yaml", "g", minutes(1));
  Start("groups: [{name: g, rules: [{record: x, expr: 1}]}]");
  on_provide_ = [this] {
    on_provide_ = nullptr;
    loop_.Advance(seconds(150));
  };
  loop_.Advance(minutes(5));
  EXPECT_EQ(RunsOf("g"), (std::vector<Duration>{g, g + minutes(3), g + minutes(4)}));
  EXPECT_EQ(engine_->Snapshot()->groups[0].counters.missed, 2u);
}

TEST_F(SpreadTest, AClockChangeKeepsThePhase) {
  const Duration g = PhaseOf("r.yaml", "g", minutes(1));
  for (const Duration by : {Duration(minutes(90) + seconds(7)), Duration(-minutes(45) - seconds(13))}) {
    loop_.JumpClock(by);
    handed_.clear();
    Start("groups: [{name: g, rules: [{record: x, expr: 1}]}]");
    loop_.Advance(minutes(1));
    loop_.JumpClock(-by);
    loop_.Advance(minutes(2));
    ASSERT_GE(handed_.size(), 3u);
    for (const Handed& handed : handed_) {
      const Duration in_minute = (handed.at - kNoon) % minutes(1);
      EXPECT_EQ(in_minute < Duration(0) ? in_minute + minutes(1) : in_minute, g);
    }
    Crash();
  }
}

TEST_F(SpreadTest, AnAlertWithoutForDoesNotWaitForItsSlot) {
  Start("groups: [{name: g, interval: 1h, rules: [{alert: Failed, expr: failed > 0}]}]");
  loop_.Advance(seconds(1));
  Set("failed", 1);
  engine_->EvaluateSoon();
  loop_.RunUntilIdle();
  ASSERT_EQ(handed_.size(), 1u);
  EXPECT_EQ(handed_[0].at, kNoon + seconds(1));
  EXPECT_EQ(handed_[0].alerts.at(0).state, AlertState::kFiring);
}

}  // namespace
}  // namespace belfry::rule
