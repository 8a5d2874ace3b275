#include "agent/cron/expression.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/random.h"
#include "agent/cron/next.h"

namespace belfry::cron {
namespace {

using std::string_literals::operator""s;

struct Refused {
  std::string text;
  std::string message;
  size_t column;
};

void PrintTo(const Refused& c, std::ostream* os) { *os << '"' << c.text << '"'; }

class StandardRefusals : public testing::TestWithParam<Refused> {};

TEST_P(StandardRefusals, SayTextAndColumn) {
  const auto parsed = ParseExpression(GetParam().text);
  const auto* error = std::get_if<ParseError>(&parsed);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->message, GetParam().message);
  EXPECT_EQ(error->column, GetParam().column);
  EXPECT_EQ(Parse(GetParam().text).error(), (Error{Code::kInvalid, GetParam().message}));
}

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, StandardRefusals,
    testing::Values(
        Refused{"", "empty spec string", 1},
        Refused{"* * * *", "expected exactly 5 fields, found 4: [* * * *]", 8},
        Refused{"* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]", 11},
        Refused{" \t ", "expected exactly 5 fields, found 0: []", 4},
        Refused{" @daily", "expected exactly 5 fields, found 1: [@daily]", 8},
        Refused{"60 * * * *", "end of range (60) above maximum (59): 60", 1},
        Refused{"* 24 * * *", "end of range (24) above maximum (23): 24", 3},
        Refused{"* * 0 * *", "beginning of range (0) below minimum (1): 0", 5},
        Refused{"* * 32 * *", "end of range (32) above maximum (31): 32", 5},
        Refused{"* * * 13 *", "end of range (13) above maximum (12): 13", 7},
        Refused{"0 0 * * 7", "end of range (7) above maximum (6): 7", 9},
        Refused{"5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1", 1},
        Refused{"* 22-2 * * *", "beginning of range (22) beyond end of range (2): 22-2", 3},
        Refused{"*/0 * * * *", "step of range should be a positive number: */0", 1},
        Refused{"*/-5 * * * *", "negative number (-5) not allowed: -5", 3},
        Refused{"1-2-3 * * * *", "too many hyphens: 1-2-3", 1},
        Refused{"1/2/3 * * * *", "too many slashes: 1/2/3", 1},
        Refused{"* * L * *", "failed to parse int from L: strconv.Atoi: parsing \"L\": invalid syntax", 5},
        Refused{"* * 15W * *", "failed to parse int from 15W: strconv.Atoi: parsing \"15W\": invalid syntax",
                5},
        Refused{"0 0 * * MON#2",
                "failed to parse int from MON#2: strconv.Atoi: parsing \"MON#2\": invalid syntax", 9},
        Refused{"-5 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax", 1},
        Refused{"*/ * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax", 3},
        Refused{"0 0 * jann *",
                "failed to parse int from jann: strconv.Atoi: parsing \"jann\": invalid syntax", 7},
        Refused{"1,2,60,3 * * * *", "end of range (60) above maximum (59): 60", 5},
        Refused{"99999999999999999999 * * * *",
                "failed to parse int from 99999999999999999999: strconv.Atoi: parsing "
                "\"99999999999999999999\": value out "
                "of range",
                1},
        Refused{"\xC3\xA9 * * * *",
                "failed to parse int from \xC3\xA9: strconv.Atoi: parsing \"\xC3\xA9\": invalid syntax", 1},
        Refused{
            "* \"\x01\xFF * * *",
            "failed to parse int from \"\x01\xFF: strconv.Atoi: parsing \"\\\"\\x01\\xff\": invalid syntax",
            3},
        Refused{"@reboot", "unrecognized descriptor: @reboot", 1},
        Refused{"@Daily", "unrecognized descriptor: @Daily", 1},
        Refused{"@daily ", "unrecognized descriptor: @daily ", 1},
        Refused{"@", "unrecognized descriptor: @", 1},
        Refused{"@every", "unrecognized descriptor: @every", 1},
        Refused{"@every 1d",
                "failed to parse duration @every 1d: time: unknown unit \"d\" in duration \"1d\"", 8},
        Refused{"@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\"", 8},
        Refused{"@every ", "failed to parse duration @every : time: invalid duration \"\"", 8},
        Refused{"@every x", "failed to parse duration @every x: time: invalid duration \"x\"", 8},
        Refused{"@every 9999999999h",
                "failed to parse duration @every 9999999999h: time: invalid duration \"9999999999h\"", 8},
        Refused{"TZ=UTC 0 0 * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead", 1},
        Refused{"CRON_TZ=Asia/Tokyo @daily",
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead", 1},
        Refused{"TZ=UTC", "expected exactly 5 fields, found 0: []", 7},
        Refused{"TZ=X 0 0 * * *", "provided bad location X: unknown time zone X", 4},
        Refused{"0 \0 * * *"s,
                "failed to parse int from \0: strconv.Atoi: parsing \"\\x00\": invalid syntax"s, 3}));

TEST(ParseExpression, ColumnCountsCharactersNotBytes) {
  const auto parsed = ParseExpression("\xE6\xAF\x8F\xE5\xA4\xA9 60 * * *");
  EXPECT_EQ(std::get<ParseError>(parsed).column, 1U);
  EXPECT_EQ(std::get<ParseError>(parsed).width, 2U);
  const auto wide_space = ParseExpression(
      "0\xE3\x80\x80"
      "60 * * *");
  EXPECT_EQ(std::get<ParseError>(wide_space).column, 3U);
}

Calendar CalendarOf(const std::string& text, Profile profile = Profile::kKubernetes) {
  const auto schedule = Parse(text, profile);
  EXPECT_TRUE(schedule.ok()) << text << ": " << schedule.error().message;
  return schedule.ok() ? std::get<Calendar>(schedule->rule) : Calendar{};
}

struct Same {
  std::string text;
  std::string as;
};

void PrintTo(const Same& c, std::ostream* os) { *os << '"' << c.text << '"'; }

class StandardSpellings : public testing::TestWithParam<Same> {};

TEST_P(StandardSpellings, MeanTheSame) { EXPECT_EQ(CalendarOf(GetParam().text), CalendarOf(GetParam().as)); }

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, StandardSpellings,
    testing::Values(Same{"@yearly", "0 0 1 1 *"}, Same{"@annually", "0 0 1 1 *"},
                    Same{"@monthly", "0 0 1 * *"}, Same{"@weekly", "0 0 * * 0"}, Same{"@daily", "0 0 * * *"},
                    Same{"@midnight", "0 0 * * *"}, Same{"@hourly", "0 * * * *"},
                    Same{"0 0 ? * ?", "0 0 * * *"}, Same{"? ? ? ? ?", "* * * * *"},
                    Same{"*/1 */1 */1 */1 */1", "* * * * *"}, Same{"*-5 * * * *", "* * * * *"},
                    Same{"+5 05 * * *", "5 5 * * *"}, Same{"5/15 * * * *", "5,20,35,50 * * * *"},
                    Same{"5-40/15 * * * *", "5,20,35 * * * *"}, Same{",1,,2, * * * *", "1,2 * * * *"},
                    Same{"0 0 * jan,FEB,Mar *", "0 0 * 1-3 *"}, Same{"0 0 * * sun-SAT", "0 0 * * 0-6"},
                    Same{"0 0 * * Mon-fri/2", "0 0 * * 1,3,5"}, Same{"\t0  0\n*\v* * ", "0 0 * * *"},
                    Same{"0\xC2\xA0"
                         "0 * * *",
                         "0 0 * * *"},
                    Same{"0/9223372036854775807 0 * * *", "0 0 * * *"}, Same{"59/1 0 * * *", "59 0 * * *"}));

TEST(Parse, StarMarkSurvivesOnlyUnstepped) {
  EXPECT_TRUE(CalendarOf("0 0 * * *").any_day_of_month);
  EXPECT_TRUE(CalendarOf("0 0 ? * *").any_day_of_month);
  EXPECT_TRUE(CalendarOf("0 0 */1 * *").any_day_of_month);
  EXPECT_TRUE(CalendarOf("0 0 1,* * *").any_day_of_month);
  EXPECT_FALSE(CalendarOf("0 0 */2 * *").any_day_of_month);
  EXPECT_FALSE(CalendarOf("0 0 1-31 * *").any_day_of_month);
  EXPECT_FALSE(CalendarOf("0 0 * * */2").any_day_of_week);
}

TEST(Parse, LoneCommaIsTakenAndNeverFires) {
  const auto schedule = Parse(", 0 * * *");
  ASSERT_TRUE(schedule.ok());
  EXPECT_EQ(Next(*schedule, Zone(), FromUnixSeconds(0)), std::nullopt);
}

struct EveryCase {
  std::string text;
  Duration interval;
};

class EveryTexts : public testing::TestWithParam<EveryCase> {};

TEST_P(EveryTexts, AreIntervals) {
  const auto schedule = Parse(GetParam().text);
  ASSERT_TRUE(schedule.ok()) << schedule.error().message;
  EXPECT_EQ(schedule->rule, (std::variant<Calendar, Every>(Every{GetParam().interval})));
}

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, EveryTexts,
    testing::Values(EveryCase{"@every 1h30m", minutes(90)}, EveryCase{"@every 90s", seconds(90)},
                    EveryCase{"@every 1h30m10s", seconds(5410)}, EveryCase{"@every 1.5h", minutes(90)},
                    EveryCase{"@every 2.9s", seconds(2)}, EveryCase{"@every 10ms", seconds(1)},
                    EveryCase{"@every 0", seconds(1)}, EveryCase{"@every -5m", seconds(1)},
                    EveryCase{"@every .5m", seconds(30)}, EveryCase{"@every 1m1500ms", seconds(61)}));

TEST(ParseSpark, TakesZonePrefix) {
  const auto schedule = Parse("CRON_TZ=Asia/Shanghai  0 8 * * *", Profile::kSpark);
  ASSERT_TRUE(schedule.ok());
  EXPECT_EQ(schedule->time_zone, "Asia/Shanghai");
  EXPECT_EQ(schedule->rule, Parse("0 8 * * *")->rule);
  EXPECT_EQ(Parse("TZ=UTC @daily", Profile::kSpark)->time_zone, "UTC");
  EXPECT_EQ(Parse("TZ= @daily", Profile::kSpark)->time_zone, "UTC");
  EXPECT_EQ(Parse("0 8 * * *", Profile::kSpark)->time_zone, "");
}

TEST(ParseSpark, RefusesUnknownZoneAtItsName) {
  const auto parsed = ParseExpression("TZ=Mars/Olympus 0 8 * * *", Profile::kSpark);
  EXPECT_EQ(std::get<ParseError>(parsed),
            (ParseError{"provided bad location Mars/Olympus: unknown time zone Mars/Olympus", 4, 12}));
}

class AwsRefusals : public testing::TestWithParam<Refused> {};

TEST_P(AwsRefusals, SayTextAndColumn) {
  const auto parsed = ParseExpression(GetParam().text, Profile::kAws);
  const auto* error = std::get_if<ParseError>(&parsed);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->message, GetParam().message);
  EXPECT_EQ(error->column, GetParam().column);
}

INSTANTIATE_TEST_SUITE_P(
    EventBridge, AwsRefusals,
    testing::Values(
        Refused{"0 10 * * ? *", "expected cron(\xE2\x80\xA6) or rate(\xE2\x80\xA6): 0 10 * * ? *", 1},
        Refused{"cron(0 10 * * ?)", "expected exactly 6 fields, found 5: [0 10 * * ?]", 16},
        Refused{"cron(0 10 * * * *)", "one of day-of-month and day-of-week must be ?, and only one: * and *",
                15},
        Refused{"cron(0 10 ? * ? *)", "one of day-of-month and day-of-week must be ?, and only one: ? and ?",
                15},
        Refused{"cron(? 10 * * ? *)", "? is for the day fields, not for the minutes: ?", 6},
        Refused{"cron(0 10 ? * 0 *)", "beginning of range (0) below minimum (1): 0", 15},
        Refused{"cron(0 10 ? * 8 *)", "end of range (8) above maximum (7): 8", 15},
        Refused{"cron(0 10 ? * 6#6 *)", "a month has the weeks 1 to 5: 6#6", 15},
        Refused{"cron(0 10 ? * 2-3L *)", "L goes with a single day: 2-3L", 15},
        Refused{"cron(0 10 1-5W * ? *)", "W follows a single day: 1-5W", 11},
        Refused{"cron(0 10 1 * ? 1969)", "beginning of range (1969) below minimum (1970): 1969", 17},
        Refused{"cron(0 10 1 * ? 2200)", "end of range (2200) above maximum (2199): 2200", 17},
        Refused{"rate(5)", "a rate is a number and a unit, such as rate(5 minutes): 5", 6},
        Refused{"rate(1 days)", "1 goes with day, not with days", 8},
        Refused{"rate(5 minute)", "5 goes with minutes, not with minute", 8},
        Refused{"rate(0 minutes)", "a rate is a positive number: 0", 6},
        Refused{"rate(2 weeks)", "unknown unit weeks: minute, minutes, hour, hours, day or days", 8}));

TEST(ParseAws, CountsWeekdaysFromSundayAsOne) {
  EXPECT_EQ(CalendarOf("cron(0 10 ? * MON-FRI *)", Profile::kAws),
            CalendarOf("cron(0 10 ? * 2-6 *)", Profile::kAws));
  EXPECT_EQ(CalendarOf("cron(0 10 ? * 2-6 *)", Profile::kAws).days_of_week, 0b0111110);
}

TEST(ParseAws, RatesAreIntervals) {
  EXPECT_EQ(std::get<Every>(Parse("rate(1 day)", Profile::kAws)->rule).interval, hours(24));
  EXPECT_EQ(std::get<Every>(Parse("rate(5 minutes)", Profile::kAws)->rule).interval, minutes(5));
}

TEST(RenderParseError, PutsCaretsUnderTheFault) {
  const std::string text = "* 22-2 * * *";
  EXPECT_EQ(RenderParseError(text, std::get<ParseError>(ParseExpression(text))),
            "beginning of range (22) beyond end of range (2): 22-2\n"
            "  * 22-2 * * *\n"
            "    ^^^^");
  EXPECT_EQ(RenderParseError("* *", std::get<ParseError>(ParseExpression("* *"))),
            "expected exactly 5 fields, found 2: [* *]\n  * *\n     ^");
}

// Any bytes get a schedule or an error whose place is inside the text.
TEST(ParseExpression, SurvivesRandomBytes) {
  SeededRandom random(1);
  constexpr std::string_view kAlphabet = "0123456789*/-,? @TZ=everyLW#()crontade\0\xFF\xC3\n";
  for (int i = 0; i < 5'000; ++i) {
    std::string text;
    for (size_t length = random.Next() % 24; text.size() < length;)
      text += kAlphabet[random.Next() % kAlphabet.size()];
    if (random.Next() % 4 == 0) text = "cron(" + text + ")";
    for (const Profile profile : {Profile::kKubernetes, Profile::kSpark, Profile::kAws}) {
      const auto parsed = ParseExpression(text, profile);
      if (const auto* error = std::get_if<ParseError>(&parsed)) {
        EXPECT_LE(error->column, text.size() + 1) << text;
        EXPECT_FALSE(error->message.empty());
      }
    }
  }
}

TEST(ParseExpression, HugeTextIsAnError) {
  EXPECT_FALSE(Parse(std::string(1 << 17, '*')).ok());
  EXPECT_FALSE(Parse(std::string(1 << 17, ' ')).ok());
  EXPECT_FALSE(Parse("@every " + std::string(1 << 17, '9') + "h").ok());
}

// Trap 11, beside the day rule: 7 is not Sunday, `?` is a star, ranges do not wrap.
TEST(ParseExpression, Trap11SevenIsRefusedQuestionMarkIsStarRangesDoNotWrap) {
  EXPECT_EQ(Parse("0 0 * * 7").error().message, "end of range (7) above maximum (6): 7");
  EXPECT_EQ(*Parse("? ? ? ? ?"), *Parse("* * * * *"));
  EXPECT_EQ(Parse("* 22-2 * * *").error().message, "beginning of range (22) beyond end of range (2): 22-2");
  EXPECT_EQ(Parse("* * * * fri-mon").error().message,
            "beginning of range (5) beyond end of range (1): fri-mon");
}

}  // namespace
}  // namespace belfry::cron
