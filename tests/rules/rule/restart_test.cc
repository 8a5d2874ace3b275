// How alerts survive: restarts in every phase, outages, damaged files, full disks.
#include <gmock/gmock.h>

#include "rules/rule/state_file.h"
#include "tests/rules/rule/engine_fixture.h"

namespace belfry::rule {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kRule = R"(groups:
- name: g
  rules:
  - {alert: Failed, expr: failed > 0, for: 10m, keep_firing_for: 5m, annotations: {v: "{{ $value }}"}}
)";

// One alert's life: pending from minute 1, firing from 11, its cause gone after 20, kept until 26, resolved.
class RestartTest : public EngineTest {
 protected:
  void LiveUntil(Duration minute) {
    while (lived_ < minute) {
      if (lived_ == Duration(0)) Set("failed{job=\"etl\"}", 1);
      if (lived_ == minutes(20)) Unset("failed{job=\"etl\"}");
      loop_.Advance(minutes(1));
      lived_ += minutes(1);
    }
  }
  Duration lived_{0};
};

// Without an outage the alert is in these states after so many minutes.
std::string ExpectedAfter(int minute) {
  if (minute < 1) return "inactive";
  if (minute < 11) return "pending";
  return minute < 26 ? "firing" : "inactive";
}

TEST_F(RestartTest, OutagesDoNotCountInAnyPhase) {
  for (const bool crash : {false, true}) {
    for (int stop_at = 1; stop_at <= 30; ++stop_at) {
      loop_.Drop();
      engine_.reset();
      files_ = FakeFileSystem();
      data_.clear();
      lived_ = Duration(0);
      loop_.AdvanceTo(Instant((loop_.Now().time_since_epoch() / hours(1) + 1) * hours(1)));
      Start(kRule);
      LiveUntil(minutes(stop_at));
      loop_.RunUntilIdle();
      if (!crash) engine_->Stop();
      Crash();
      loop_.Advance(minutes(50));
      Start(kRule);
      for (int minute = stop_at + 1; minute <= 32; ++minute) {
        LiveUntil(minutes(minute));
        EXPECT_EQ(StateOf(), ExpectedAfter(minute))
            << "stopped at " << stop_at << ", minute " << minute << (crash ? ", crashed" : "");
      }
    }
  }
}

TEST_F(RestartTest, ACrashBetweenEvaluationsLosesAtMostOneInterval) {
  Start(kRule);
  LiveUntil(minutes(5));
  loop_.Advance(seconds(59));
  Crash();
  loop_.Advance(seconds(1));
  Start(kRule);
  loop_.Advance(minutes(5));
  EXPECT_EQ(StateOf(), "pending");
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "firing");
}

TEST_F(RestartTest, AfterMoreThanAnHourPendingBeginsAnewAndFiringIsToldToBeOver) {
  Start(
      "groups: [{name: g, rules: [{alert: Slow, expr: slow > 0, for: 10m}, {alert: Fast, expr: fast > 0}]}]");
  Set("slow", 1);
  Set("fast", 1);
  loop_.Advance(minutes(5));
  engine_->Stop();
  Crash();
  loop_.Advance(hours(2));
  Unset("fast");
  Start(
      "groups: [{name: g, rules: [{alert: Slow, expr: slow > 0, for: 10m}, {alert: Fast, expr: fast > 0}]}]");
  handed_.clear();
  loop_.Advance(minutes(1));
  EXPECT_EQ(Rule(0, 0).alerts->at(0).active_at, loop_.Now());
  ASSERT_THAT(handed_.back().alerts, SizeIs(2));
  EXPECT_EQ(handed_.back().alerts[1].resolved_at, loop_.Now());
}

TEST_F(RestartTest, ResolvedAlertsAreStillTold) {
  Start("groups: [{name: g, rules: [{alert: Fast, expr: fast > 0, labels: {x: \"a\\tb\\\\c\\nd\"}}]}]");
  Set("fast", 1);
  loop_.Advance(minutes(1));
  Unset("fast");
  loop_.Advance(minutes(1));
  Crash();
  Start("groups: [{name: g, rules: [{alert: Fast, expr: fast > 0, labels: {x: \"a\\tb\\\\c\\nd\"}}]}]");
  handed_.clear();
  loop_.Advance(minutes(1));
  ASSERT_THAT(handed_.back().alerts, SizeIs(1));
  EXPECT_EQ(handed_.back().alerts[0].resolved_at, kNoon + minutes(2));
  EXPECT_EQ(handed_.back().alerts[0].labels->Get("x"), "a\tb\\c\nd");
}

TEST_F(RestartTest, RulesThatComeLaterFindTheirAlerts) {
  Start(kRule);
  LiveUntil(minutes(6));
  engine_->Stop();
  Crash();
  Start("groups: []");
  loop_.Advance(minutes(20));
  ASSERT_TRUE(engine_->SetGroups(Groups(kRule)).ok());
  EXPECT_EQ(StateOf(), "pending");
  loop_.Advance(minutes(4));
  EXPECT_EQ(StateOf(), "pending");
  loop_.Advance(minutes(1));
  EXPECT_EQ(StateOf(), "firing");
}

TEST_F(RestartTest, WritesOnlyWhenSomethingChangesOrAClockRuns) {
  Start(kRule);
  loop_.Advance(minutes(10));
  EXPECT_FALSE(files_.Stat("/var/alerts").ok()) << "no alerts, no file";
  Set("failed{job=\"etl\"}", 1);
  loop_.Advance(minutes(12));
  const auto state = files_.Stat("/var/alerts")->modified;
  const auto seen = files_.Stat("/var/alerts.seen")->modified;
  Set("failed{job=\"etl\"}", 2);
  loop_.Advance(minutes(5));
  EXPECT_EQ(files_.Stat("/var/alerts")->modified, state) << "firing, and nothing but the value changes";
  EXPECT_EQ(files_.Stat("/var/alerts.seen")->modified, seen);
}

TEST_F(RestartTest, ADamagedFileStartsAnewAndIsKeptAndCounted) {
  Start(kRule);
  LiveUntil(minutes(6));
  engine_->Stop();
  Crash();
  const std::string whole = *files_.ReadFile("/var/alerts", 1 << 20);
  ASSERT_TRUE(DecodeAlerts(whole).ok());
  std::vector<std::string> damaged;
  for (size_t i = 0; i < whole.size(); ++i) damaged.push_back(whole.substr(0, i));
  for (size_t i = 0; i < whole.size(); i += 7) {
    damaged.push_back(whole);
    damaged.back()[i] = static_cast<char>(damaged.back()[i] ^ 1);
  }
  damaged.push_back(whole + "more");
  damaged.push_back(std::string(1000, '\0'));
  for (const std::string& text : damaged) EXPECT_FALSE(DecodeAlerts(text).ok()) << text;
  ASSERT_TRUE(files_.WriteFileAtomically("/var/alerts", whole.substr(0, whole.size() / 2)).ok());
  Start(kRule);
  EXPECT_EQ(StateOf(), "inactive");
  EXPECT_EQ(engine_->Snapshot()->counters.state_errors, 1u);
  EXPECT_EQ(*files_.ReadFile("/var/alerts.damaged", 1 << 20), whole.substr(0, whole.size() / 2));
  loop_.Advance(minutes(11));
  EXPECT_EQ(StateOf(), "firing");
}

TEST_F(RestartTest, AFullDiskDegradesTheStateOnly) {
  Start(kRule);
  files_.LimitSpace(0);
  LiveUntil(minutes(12));
  EXPECT_EQ(StateOf(), "firing");
  EXPECT_GT(engine_->Snapshot()->counters.state_errors, 0u);
  files_.LimitSpace(std::nullopt);
  loop_.Advance(minutes(1));
  Crash();
  Start(kRule);
  EXPECT_EQ(StateOf(), "firing");
}

TEST(StateFile, ReadsBackWhatItWrote) {
  Alert alert;
  alert.labels = model::Labels{{"alertname", "A"}, {"odd", "\t\n\\\xff\xc3\xa9"}};
  alert.annotations = std::map<std::string, std::string>{{"empty", ""}, {"text", "line\nline\ttab\\"}};
  alert.state = AlertState::kFiring;
  alert.value = -1.25e-300;
  alert.active_at = kNoon + Duration(1);
  alert.fired_at = kNoon;
  alert.keep_firing_since = kNoon + seconds(1);
  alert.last_sent_at = kNoon + seconds(2);
  alert.generator_url = std::string("http://x/?a=b");
  Alert resolved = alert;
  resolved.state = AlertState::kInactive;
  resolved.resolved_at = kNoon + hours(1);
  resolved.value = std::numeric_limits<double>::infinity();
  const SavedAlerts saved{.seen_at = kNoon,
                          .rules = {{"f\t", "g\n", "alert A\xffx", {alert, resolved}}, {"f", "h", "i", {}}}};
  const auto read = DecodeAlerts(EncodeAlerts(saved));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, saved);
  EXPECT_EQ(*DecodeSeen(EncodeSeen(kNoon)), kNoon);
  EXPECT_FALSE(DecodeSeen("").ok());
  EXPECT_FALSE(DecodeSeen(EncodeAlerts(saved)).ok());
}

}  // namespace
}  // namespace belfry::rule
