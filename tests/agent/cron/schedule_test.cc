#include "agent/cron/schedule.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "agent/cron/expression.h"
#include "agent/cron/next.h"

namespace belfry::cron {
namespace {

Instant At(const std::string& text) {
  const auto t = ParseRfc3339(text);
  EXPECT_TRUE(t.ok()) << text;
  return *t;
}

Zone ZoneNamed(const std::string& name) {
  const auto zone = LoadZone(name);
  EXPECT_TRUE(zone.ok()) << name;
  return zone.ok() ? *zone : Zone();
}

std::vector<std::string> Texts(const std::vector<Instant>& instants, const Zone& zone) {
  std::vector<std::string> texts;
  for (const Instant t : instants) texts.push_back(FormatInZone(t, zone));
  return texts;
}

struct SlotsCase {
  std::string what;
  std::string expression;
  std::string zone;
  std::string from;
  std::vector<std::string> slots;  // civil times with offsets
  ClockChange rule = ClockChange::kKubernetes;
  Profile profile = Profile::kKubernetes;
};

void PrintTo(const SlotsCase& c, std::ostream* os) { *os << c.what; }

class Slots : public testing::TestWithParam<SlotsCase> {};

TEST_P(Slots, AreThese) {
  const SlotsCase& c = GetParam();
  const auto schedule = Parse(c.expression, c.profile);
  ASSERT_TRUE(schedule.ok()) << schedule.error().message;
  const Zone zone = ZoneNamed(c.zone);
  EXPECT_EQ(Texts(NextInstants(*schedule, zone, At(c.from), c.slots.size(), c.rule), zone), c.slots);
}

INSTANTIATE_TEST_SUITE_P(
    DayRule, Slots,
    testing::Values(SlotsCase{"EitherDayFieldSuffices",
                              "0 0 13 * 5",
                              "UTC",
                              "2026-02-01T00:00:00Z",
                              {"2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z"}},
                    SlotsCase{"StarDayOfMonthNeedsBoth",
                              "0 0 * * 1",
                              "UTC",
                              "2026-02-01T00:00:00Z",
                              {"2026-02-02T00:00:00Z", "2026-02-09T00:00:00Z"}},
                    // Trap 11: the step takes the star mark away.
                    SlotsCase{"SteppedStarMeansOr",
                              "0 0 */2 * 1",
                              "UTC",
                              "2026-02-01T00:00:00Z",
                              {"2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z", "2026-02-05T00:00:00Z",
                               "2026-02-07T00:00:00Z", "2026-02-09T00:00:00Z"}},
                    SlotsCase{"LeapDay",
                              "0 0 29 2 *",
                              "UTC",
                              "2026-02-01T00:00:00Z",
                              {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
                    SlotsCase{"ThirtyFirst",
                              "30 23 31 * *",
                              "UTC",
                              "2026-01-31T23:30:00Z",
                              {"2026-03-31T23:30:00Z", "2026-05-31T23:30:00Z"}},
                    SlotsCase{"YearEnd",
                              "59 23 31 12 *",
                              "UTC",
                              "2026-12-31T23:58:59.5Z",
                              {"2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"}}));

INSTANTIATE_TEST_SUITE_P(
    Aws, Slots,
    testing::Values(SlotsCase{"LastDay",
                              "cron(0 18 L * ? *)",
                              "UTC",
                              "2026-01-31T18:00:00Z",
                              {"2026-02-28T18:00:00Z", "2026-03-31T18:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    // 2026-02-28 is a Saturday, 2026-05-31 a Sunday.
                    SlotsCase{"LastWeekday",
                              "cron(0 18 LW 2,5 ? *)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-02-27T18:00:00Z", "2026-05-29T18:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    // 2026-08-15 is a Saturday; 2026-11-15 and 2026-02-15 are Sundays.
                    SlotsCase{"NearestWeekday",
                              "cron(0 0 15W 2,8,11 ? *)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-02-16T00:00:00Z", "2026-08-14T00:00:00Z", "2026-11-16T00:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    // 2026-08-01 is a Saturday: the nearest weekday of the same month is Monday the 3rd.
                    SlotsCase{"NearestWeekdayStaysInMonth",
                              "cron(0 0 1W 8 ? 2026)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-08-03T00:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    SlotsCase{"ThirdFriday",
                              "cron(0 9 ? * 6#3 *)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-01-16T09:00:00Z", "2026-02-20T09:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    SlotsCase{"FifthMonday",
                              "cron(0 9 ? * MON#5 2026)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-03-30T09:00:00Z", "2026-06-29T09:00:00Z", "2026-08-31T09:00:00Z",
                               "2026-11-30T09:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    SlotsCase{"LastFriday",
                              "cron(0 9 ? * 6L *)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-01-30T09:00:00Z", "2026-02-27T09:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    SlotsCase{"LastOfWeekIsSaturday",
                              "cron(0 9 ? * L *)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2026-01-03T09:00:00Z", "2026-01-10T09:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws},
                    SlotsCase{"YearsBeyondFive",
                              "cron(0 0 29 2 ? 2096-2108)",
                              "UTC",
                              "2026-01-01T00:00:00Z",
                              {"2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"},
                              ClockChange::kKubernetes,
                              Profile::kAws}));

// --- Clock changes: ten zones, both directions, the rules of part C2 ---
INSTANTIATE_TEST_SUITE_P(
    SkippedHour, Slots,
    testing::Values(
        SlotsCase{"Berlin",
                  "30 2 * * *",
                  "Europe/Berlin",
                  "2026-03-28T00:00:00Z",
                  {"2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00"}},
        SlotsCase{"London",
                  "30 1 * * *",
                  "Europe/London",
                  "2026-03-28T00:00:00Z",
                  {"2026-03-28T01:30:00Z", "2026-03-30T01:30:00+01:00"}},
        SlotsCase{"NewYork",
                  "0 2 * * *",
                  "America/New_York",
                  "2026-03-07T00:00:00Z",
                  {"2026-03-07T02:00:00-05:00", "2026-03-09T02:00:00-04:00"}},
        SlotsCase{"LosAngeles",
                  "59 2 * * *",
                  "America/Los_Angeles",
                  "2026-03-07T00:00:00Z",
                  {"2026-03-07T02:59:00-08:00", "2026-03-09T02:59:00-07:00"}},
        SlotsCase{"StJohnsHalfHourOffset",
                  "15 2 * * *",
                  "America/St_Johns",
                  "2026-03-07T00:00:00Z",
                  {"2026-03-07T02:15:00-03:30", "2026-03-09T02:15:00-02:30"}},
        SlotsCase{"HavanaSkipsMidnight",
                  "0 0 * * *",
                  "America/Havana",
                  "2026-03-07T00:00:00Z",
                  {"2026-03-07T00:00:00-05:00", "2026-03-09T00:00:00-04:00"}},
        SlotsCase{"SantiagoSkipsMidnight",
                  "30 0 * * *",
                  "America/Santiago",
                  "2026-09-05T00:00:00Z",
                  {"2026-09-05T00:30:00-04:00", "2026-09-07T00:30:00-03:00"}},
        SlotsCase{"LordHoweSkipsHalfAnHour",
                  "*/15 2 * * *",
                  "Australia/Lord_Howe",
                  "2026-10-03T15:00:00Z",
                  {"2026-10-04T02:30:00+11:00", "2026-10-04T02:45:00+11:00", "2026-10-05T02:00:00+11:00"}},
        SlotsCase{"Sydney",
                  "30 2 * * *",
                  "Australia/Sydney",
                  "2026-10-03T00:00:00Z",
                  {"2026-10-05T02:30:00+11:00"}},
        SlotsCase{"Auckland",
                  "30 2 * * *",
                  "Pacific/Auckland",
                  "2026-09-26T00:00:00Z",
                  {"2026-09-28T02:30:00+13:00"}},
        SlotsCase{"ChathamOddOffset",
                  "0 3 * * *",
                  "Pacific/Chatham",
                  "2026-09-26T00:00:00Z",
                  {"2026-09-28T03:00:00+13:45"}},
        SlotsCase{"ApiaLostADay",
                  "0 12 * * *",
                  "Pacific/Apia",
                  "2011-12-29T12:00:00Z",
                  {"2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00"}},
        SlotsCase{"BeirutSkipsMidnight",
                  "0 0 * * *",
                  "Asia/Beirut",
                  "2025-03-29T12:00:00Z",
                  {"2025-03-31T00:00:00+03:00"}},
        SlotsCase{"WildcardsContinue",
                  "*/15 * * * *",
                  "Europe/Berlin",
                  "2026-03-29T00:40:00Z",
                  {"2026-03-29T01:45:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:15:00+02:00"}}));

INSTANTIATE_TEST_SUITE_P(
    RepeatedHour, Slots,
    testing::Values(
        SlotsCase{"Berlin",
                  "30 2 * * *",
                  "Europe/Berlin",
                  "2026-10-24T12:00:00Z",
                  {"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"}},
        SlotsCase{"London",
                  "0 1 * * *",
                  "Europe/London",
                  "2026-10-24T12:00:00Z",
                  {"2026-10-25T01:00:00+01:00", "2026-10-25T01:00:00Z", "2026-10-26T01:00:00Z"}},
        SlotsCase{"NewYork",
                  "30 1 * * *",
                  "America/New_York",
                  "2026-10-31T12:00:00Z",
                  {"2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-02T01:30:00-05:00"}},
        SlotsCase{"NewYorkTwoIsNotRepeated",
                  "0 2 * * *",
                  "America/New_York",
                  "2026-10-31T12:00:00Z",
                  {"2026-11-01T02:00:00-05:00", "2026-11-02T02:00:00-05:00"}},
        SlotsCase{"LosAngeles",
                  "59 1 * * *",
                  "America/Los_Angeles",
                  "2026-10-31T12:00:00Z",
                  {"2026-11-01T01:59:00-07:00", "2026-11-01T01:59:00-08:00"}},
        SlotsCase{"StJohns",
                  "15 1 * * *",
                  "America/St_Johns",
                  "2026-10-31T12:00:00Z",
                  {"2026-11-01T01:15:00-02:30", "2026-11-01T01:15:00-03:30"}},
        SlotsCase{"HavanaRepeatsMidnight",
                  "0 0 * * *",
                  "America/Havana",
                  "2025-11-01T12:00:00Z",
                  {"2025-11-02T00:00:00-04:00", "2025-11-02T00:00:00-05:00", "2025-11-03T00:00:00-05:00"}},
        SlotsCase{"SantiagoRepeatsTheDayBefore",
                  "30 23 * * *",
                  "America/Santiago",
                  "2026-04-04T12:00:00Z",
                  {"2026-04-04T23:30:00-03:00", "2026-04-04T23:30:00-04:00", "2026-04-05T23:30:00-04:00"}},
        SlotsCase{"LordHoweRepeatsHalfAnHour",
                  "*/15 1 * * *",
                  "Australia/Lord_Howe",
                  "2026-04-04T13:50:00Z",
                  {"2026-04-05T01:00:00+11:00", "2026-04-05T01:15:00+11:00", "2026-04-05T01:30:00+11:00",
                   "2026-04-05T01:45:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T01:45:00+10:30"}},
        SlotsCase{"Sydney",
                  "30 2 * * *",
                  "Australia/Sydney",
                  "2026-04-04T12:00:00Z",
                  {"2026-04-05T02:30:00+11:00", "2026-04-05T02:30:00+10:00"}},
        SlotsCase{"Auckland",
                  "0 2 * * *",
                  "Pacific/Auckland",
                  "2026-04-04T00:00:00Z",
                  {"2026-04-05T02:00:00+13:00", "2026-04-05T02:00:00+12:00"}},
        SlotsCase{"Chatham",
                  "0 3 * * *",
                  "Pacific/Chatham",
                  "2026-04-04T00:00:00Z",
                  {"2026-04-05T03:00:00+13:45", "2026-04-05T03:00:00+12:45"}},
        SlotsCase{"KwajaleinTurnedWithoutRepeat",
                  "0 12 * * *",
                  "Pacific/Kwajalein",
                  "1993-08-20T00:00:00Z",
                  {"1993-08-20T12:00:00-12:00", "1993-08-22T12:00:00+12:00"}},
        SlotsCase{"WildcardsRepeat",
                  "*/30 * * * *",
                  "Europe/Berlin",
                  "2026-10-25T00:10:00Z",
                  {"2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00",
                   "2026-10-25T03:00:00+01:00"}}));

constexpr ClockChange kVixie = ClockChange::kVixie;

INSTANTIATE_TEST_SUITE_P(Vixie, Slots,
                         testing::Values(SlotsCase{"SkippedRunsRightAfterTheGap",
                                                   "30 2 * * *",
                                                   "Europe/Berlin",
                                                   "2026-03-28T12:00:00Z",
                                                   {"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
                                                   kVixie},
                                         SlotsCase{"ManySkippedRunOnce",
                                                   "*/10 2 * * *",
                                                   "Europe/Berlin",
                                                   "2026-03-28T12:00:00Z",
                                                   {"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"},
                                                   kVixie},
                                         SlotsCase{"SlotAtTheGapsEndRunsOnce",
                                                   "0 2,3 * * *",
                                                   "Europe/Berlin",
                                                   "2026-03-28T12:00:00Z",
                                                   {"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"},
                                                   kVixie},
                                         SlotsCase{"RepeatedRunsOnce",
                                                   "30 2 * * *",
                                                   "Europe/Berlin",
                                                   "2026-10-24T12:00:00Z",
                                                   {"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
                                                   kVixie},
                                         SlotsCase{"WildcardHourFollowsTheClock",
                                                   "30 * * * *",
                                                   "Europe/Berlin",
                                                   "2026-10-24T23:45:00Z",
                                                   {"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00",
                                                    "2026-10-25T03:30:00+01:00"},
                                                   kVixie},
                                         SlotsCase{"WildcardHourSkipsTheGap",
                                                   "30 * * * *",
                                                   "Europe/Berlin",
                                                   "2026-03-29T00:00:00Z",
                                                   {"2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"},
                                                   kVixie}));

TEST(Next, IsStrictlyAfter) {
  const Schedule hourly = *Parse("0 * * * *");
  EXPECT_EQ(Next(hourly, Zone(), At("2026-01-01T10:00:00Z")), At("2026-01-01T11:00:00Z"));
  EXPECT_EQ(Next(hourly, Zone(), At("2026-01-01T09:59:59.999999999Z")), At("2026-01-01T10:00:00Z"));
  EXPECT_EQ(Next(hourly, Zone(), At("2026-01-01T10:00:00.000000001Z")), At("2026-01-01T11:00:00Z"));
}

TEST(Next, ImpossibleDatesEnd) {
  for (const char* text : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 30,31 feb *"}) {
    EXPECT_EQ(Next(*Parse(text), ZoneNamed("Europe/Berlin"), At("2026-01-01T00:00:00Z")), std::nullopt)
        << text;
  }
  // Between 2096 and 2104 are more than five years.
  EXPECT_EQ(Next(*Parse("0 0 29 2 *"), Zone(), At("2097-01-01T00:00:00Z")), std::nullopt);
  EXPECT_EQ(Next(*Parse("0 0 29 2 *"), Zone(), At("2099-01-01T00:00:00Z")), At("2104-02-29T00:00:00Z"));
}

TEST(Next, EveryAddsToTheWholeSecond) {
  const Schedule every = *Parse("@every 90s");
  EXPECT_EQ(Next(every, ZoneNamed("Europe/Berlin"), At("2026-03-29T00:59:30.7Z")),
            At("2026-03-29T01:01:00Z"));
}

TEST(Next, EndsWhereInstantsEnd) {
  const Schedule minutely = *Parse("* * * * *");
  for (const Instant t : {Instant::max(), Instant::max() - Duration(1), Instant::max() - seconds(5)}) {
    EXPECT_EQ(Next(minutely, ZoneNamed("Asia/Tokyo"), t), std::nullopt);
    EXPECT_EQ(Next(*Parse("@every 1h"), Zone(), t), std::nullopt);
  }
  EXPECT_TRUE(Next(minutely, ZoneNamed("Asia/Tokyo"), Instant::min()).has_value());
}

TEST(Latest, IsTheNewestUpToAndIncludingNow) {
  const Schedule hourly = *Parse("0 * * * *");
  const Instant base = At("2026-01-01T00:00:00Z");
  EXPECT_EQ(Latest(hourly, Zone(), base, At("2026-01-01T10:00:00Z")), At("2026-01-01T10:00:00Z"));
  EXPECT_EQ(Latest(hourly, Zone(), base, At("2026-01-01T10:59:59Z")), At("2026-01-01T10:00:00Z"));
  EXPECT_EQ(Latest(hourly, Zone(), base, At("2026-01-01T00:59:59Z")), std::nullopt);
  EXPECT_EQ(Latest(hourly, Zone(), base, base), std::nullopt);
  EXPECT_EQ(Latest(hourly, Zone(), base, base - hours(5)), std::nullopt);
}

TEST(Latest, EveryCountsFromItsBase) {
  const Schedule every = *Parse("@every 1h30m");
  const Instant base = At("2026-01-01T00:10:00.5Z");
  EXPECT_EQ(Latest(every, Zone(), base, At("2026-01-01T04:00:00Z")), At("2026-01-01T03:10:00Z"));
  EXPECT_EQ(Count(every, Zone(), base, At("2026-01-01T04:00:00Z")), 2);
  EXPECT_EQ(Latest(every, Zone(), base, At("2026-01-01T01:39:59Z")), std::nullopt);
}

TEST(Count, IsAsManyAsNextSteps) {
  const Instant base = At("2026-01-20T13:07:30Z");
  const Instant until = base + hours(24 * 400);
  for (const char* text :
       {"*/7 3,4,22 * * *", "30 2 1-20/3 * 0", "0 0 31 * *", "59 23 * 2,6 1-5", "*/15 * * * *"}) {
    for (const char* name : {"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"}) {
      for (const ClockChange rule : {ClockChange::kKubernetes, ClockChange::kVixie}) {
        const Schedule schedule = *Parse(text);
        const Zone zone = ZoneNamed(name);
        int64_t steps = 0;
        std::optional<Instant> last;
        for (auto t = Next(schedule, zone, base, rule); t && *t <= until;
             t = Next(schedule, zone, *t, rule)) {
          ++steps;
          last = t;
        }
        EXPECT_EQ(Count(schedule, zone, base, until, rule), steps) << text << " in " << name;
        EXPECT_EQ(Latest(schedule, zone, base, until, rule), last) << text << " in " << name;
      }
    }
  }
}

TEST(FirstSkip, NamesTheClockChangesThatFixedHoursFallInto) {
  const Zone berlin = ZoneNamed("Europe/Berlin");
  const Instant from = At("2026-01-01T00:00:00Z");
  const Instant to = At("2027-12-31T00:00:00Z");
  const Schedule at_half_past_two = *Parse("30 2 * * *");
  EXPECT_EQ(FirstSkip(at_half_past_two, berlin, from, to), At("2026-03-29T01:00:00Z"));
  EXPECT_EQ(LastSkip(at_half_past_two, berlin, from, to), At("2027-03-28T01:00:00Z"));
  EXPECT_EQ(LastSkip(at_half_past_two, berlin, from, At("2026-03-29T00:59:59Z")), std::nullopt);
  EXPECT_EQ(FirstSkip(at_half_past_two, berlin, At("2026-03-29T01:00:00Z"), At("2026-12-31T00:00:00Z")),
            std::nullopt);
  for (const char* text : {"30 3 * * *", "30 * * * *", "@every 1h", "0 2,3 * * *", "30 2 * * 1-6"}) {
    EXPECT_EQ(FirstSkip(*Parse(text), berlin, from, to), std::nullopt) << text;
    EXPECT_EQ(LastSkip(*Parse(text), berlin, from, to), std::nullopt) << text;
  }
  EXPECT_EQ(FirstSkip(at_half_past_two, Zone(), from, to), std::nullopt);
}

TEST(IsRepeated, IsTheSecondShowingOfFixedHours) {
  const Zone berlin = ZoneNamed("Europe/Berlin");
  const Schedule fixed = *Parse("30 2 * * *");
  EXPECT_FALSE(IsRepeated(fixed, berlin, At("2026-10-25T00:30:00Z")));
  EXPECT_TRUE(IsRepeated(fixed, berlin, At("2026-10-25T01:30:00Z")));
  EXPECT_FALSE(IsRepeated(fixed, berlin, At("2026-10-25T02:00:00Z")));
  EXPECT_FALSE(IsRepeated(*Parse("30 * * * *"), berlin, At("2026-10-25T01:30:00Z")));
  EXPECT_FALSE(IsRepeated(*Parse("@every 1h"), berlin, At("2026-10-25T01:30:00Z")));
  EXPECT_FALSE(IsRepeated(fixed, Zone(), At("2026-10-25T01:30:00Z")));
}

TEST(Schedule, ExpressionsOfTheUsersDocuments) {
  std::ifstream file(BELFRY_SOURCE_DIR "/tests/data/cron-expressions.tsv");
  ASSERT_TRUE(file.is_open());
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> columns;
    std::istringstream stream(line);
    for (std::string column; std::getline(stream, column, '\t');) columns.push_back(column);
    ASSERT_GE(columns.size(), 5U) << line;
    const auto schedule = Parse(columns[0]);
    ASSERT_TRUE(schedule.ok()) << line;
    std::vector<std::string> times;
    for (const Instant t : NextInstants(*schedule, ZoneNamed(columns[1]), At("2024-02-28T23:58:30Z"), 3)) {
      times.push_back(FormatRfc3339(t).substr(0, 16) + "Z");
    }
    EXPECT_EQ(times, std::vector<std::string>(columns.begin() + 2, columns.begin() + 5)) << line;
    ++cases;
  }
  EXPECT_EQ(cases, 15);
}

}  // namespace
}  // namespace belfry::cron
