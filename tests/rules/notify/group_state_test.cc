#include "rules/notify/group_state.h"

#include <gtest/gtest.h>

namespace belfry::notify {
namespace {

constexpr Instant kNow = Instant(hours(1000));

// Alertmanager's rules as a table: what is firing, what was told, what is to be done.
TEST(DecideTelling, FollowsTheTable) {
  using List = std::vector<Fingerprint>;
  struct Case {
    std::string name;
    List firing, resolved;
    std::optional<SentEntry> last;
    bool send_resolved;
    Telling want;
  };
  const Instant lately = kNow - minutes(5);
  for (const Case& c : std::vector<Case>{
           {"first firing", {1}, {}, std::nullopt, true, Telling::kSend},
           {"resolved before it was told", {}, {1}, std::nullopt, true, Telling::kNothing},
           {"nothing new", {1}, {}, SentEntry{lately, {1}, {}}, true, Telling::kNothing},
           {"one more fires", {1, 2}, {}, SentEntry{lately, {1}, {}}, true, Telling::kSend},
           {"all resolved", {}, {1}, SentEntry{lately, {1}, {}}, true, Telling::kSend},
           {"all resolved, not wanted", {}, {1}, SentEntry{lately, {1}, {}}, false, Telling::kRecord},
           {"some resolved", {1}, {2}, SentEntry{lately, {1, 2}, {}}, true, Telling::kSend},
           {"some resolved, not wanted", {1}, {2}, SentEntry{lately, {1, 2}, {}}, false, Telling::kNothing},
           {"some resolved, told", {1}, {2}, SentEntry{lately, {1}, {2}}, true, Telling::kNothing},
           {"all resolved, told", {}, {1}, SentEntry{lately, {}, {1}}, true, Telling::kNothing},
           {"long ago", {1}, {}, SentEntry{kNow - hours(4), {1}, {}}, true, Telling::kSend},
           {"nearly long ago",
            {1},
            {},
            SentEntry{kNow - hours(4) + seconds(1), {1}, {}},
            true,
            Telling::kNothing},
           {"fires again", {1}, {}, SentEntry{lately, {}, {1}}, true, Telling::kSend},
       }) {
    const GroupView view{c.firing, c.resolved};
    EXPECT_EQ(DecideTelling(view, c.last ? &*c.last : nullptr, c.send_resolved, hours(4), kNow), c.want)
        << c.name;
  }
}

TEST(FirstFlush, WaitsForTheGroupUnlessItIsOld) {
  RouteNode route;
  EXPECT_EQ(FirstFlush(route, kNow, std::nullopt, kNow), kNow + seconds(30));
  EXPECT_EQ(FirstFlush(route, kNow - seconds(10), std::nullopt, kNow), kNow + seconds(30));
  EXPECT_EQ(FirstFlush(route, kNow - seconds(30), std::nullopt, kNow), kNow);
  route.group_wait = Duration(0);
  EXPECT_EQ(FirstFlush(route, kNow, std::nullopt, kNow), kNow);
}

TEST(FirstFlush, AfterARestartGoesOnFromWhatWasTold) {
  const RouteNode route;
  EXPECT_EQ(FirstFlush(route, kNow - hours(1), kNow - minutes(1), kNow), kNow + minutes(4));
  EXPECT_EQ(FirstFlush(route, kNow - hours(1), kNow - hours(1), kNow), kNow);
  EXPECT_EQ(FirstFlush(route, kNow, kNow + hours(9), kNow), kNow + minutes(5)) << "the clock was set back";
}

TEST(FlushDeadline, IsTenSecondsAtLeast) {
  EXPECT_EQ(FlushDeadline(RouteNode{.group_interval = seconds(1)}), seconds(10));
  EXPECT_EQ(FlushDeadline(RouteNode{.group_interval = minutes(5)}), minutes(5));
}

rule::Alert Firing(Instant since) {
  return {.labels = model::Labels{{"alertname", "A"}},
          .state = rule::AlertState::kFiring,
          .active_at = since - seconds(60),
          .fired_at = since};
}

TEST(MakeNotice, StartsWhenItFiredAndGetsExternalLabels) {
  const Notice notice =
      MakeNotice(Firing(kNow), {{"cluster", "c"}, {"alertname", "other"}}, seconds(15), kNow);
  EXPECT_EQ(notice.starts_at, kNow);
  EXPECT_EQ(notice.labels, (model::Labels{{"alertname", "A"}, {"cluster", "c"}}));
  EXPECT_EQ(notice.expires_at, kNow + minutes(4));
  EXPECT_EQ(ValidFor(minutes(10)), minutes(40));
}

TEST(MergeNotice, KnowsOneEpisodeFromTheNext) {
  const Notice firing = MakeNotice(Firing(kNow), {}, minutes(1), kNow);
  Notice over = firing;
  over.ends_at = kNow + minutes(1);
  EXPECT_EQ(MergeNotice(nullptr, firing).news, News::kFiring);
  EXPECT_EQ(MergeNotice(nullptr, over).notice, std::nullopt) << "the end of what was not known";
  EXPECT_EQ(MergeNotice(&firing, over).news, News::kResolved);
  EXPECT_EQ(MergeNotice(&over, over).news, News::kNone);
  Notice again = firing;
  again.starts_at = kNow + minutes(2);
  EXPECT_EQ(MergeNotice(&over, again).news, News::kFiring);
  EXPECT_EQ(MergeNotice(&over, again).notice->starts_at, again.starts_at);
  EXPECT_EQ(MergeNotice(&firing, again).news, News::kNone);
  EXPECT_EQ(MergeNotice(&firing, again).notice->starts_at, firing.starts_at);
}

}  // namespace
}  // namespace belfry::notify
