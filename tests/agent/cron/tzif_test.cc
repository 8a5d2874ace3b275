// Time zone files made by hand, byte by byte, and the host's own database against the C library's reading of
// it, up to 2100.
#include "agent/cron/tzif.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "agent/base/random.h"
#include "agent/cron/posix_rule.h"

namespace belfry::cron {
namespace {

Instant At(const std::string& text) { return *ParseRfc3339(text); }
int64_t SecondsAt(const std::string& text) { return ToUnixSeconds(At(text)); }

std::string Number(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i));
  return text;
}

struct HandMade {
  struct Change {
    int64_t at;
    uint8_t type;
  };
  std::vector<int32_t> offsets = {3600};
  std::vector<Change> changes = {};
  std::string rule = {};
  char version = '2';
  uint32_t leap_seconds = 0;

  std::string Body(size_t time_size) const {
    std::string text = "TZif";
    text += version;
    text += std::string(15, '\0');
    for (const size_t count :
         {size_t{0}, size_t{0}, size_t{leap_seconds}, changes.size(), offsets.size(), size_t{4}})
      text += Number(count, 4);
    for (const Change& change : changes) text += Number(static_cast<uint64_t>(change.at), time_size);
    for (const Change& change : changes) text += static_cast<char>(change.type);
    for (const int32_t offset : offsets)
      text += Number(static_cast<uint32_t>(offset), 4) + std::string(2, '\0');
    text += std::string("ABC\0", 4);
    return text + std::string(leap_seconds * (time_size + 4), '\0');
  }
  std::string Bytes() const {
    if (version == '\0') return Body(4);
    return Body(4) + Body(8) + "\n" + rule + "\n";
  }
};

std::string Offsets(const std::string& bytes, std::initializer_list<const char*> instants) {
  const auto spans = ReadTzif(bytes);
  if (!spans.ok()) return spans.error().message;
  const Zone zone("X", *spans);
  std::string text;
  for (const char* instant : instants) text += std::to_string(zone.At(At(instant)).offset.count()) + " ";
  return text;
}

TEST(ReadTzif, Version1) {
  const HandMade file{
      .offsets = {0, 3600}, .changes = {{SecondsAt("2026-03-29T01:00:00Z"), 1}}, .version = '\0'};
  EXPECT_EQ(Offsets(file.Bytes(), {"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2100-07-01T00:00:00Z"}),
            "0 3600 3600 ");
}

TEST(ReadTzif, Version1KnowsTimesBefore1970) {
  const HandMade file{
      .offsets = {0, 3600}, .changes = {{SecondsAt("1930-03-29T01:00:00Z"), 1}}, .version = '\0'};
  EXPECT_EQ(Offsets(file.Bytes(), {"1930-03-29T00:59:59Z", "1930-03-29T01:00:00Z"}), "0 3600 ");
}

TEST(ReadTzif, Version2ReadsTheLongTimes) {
  const HandMade file{.offsets = {0, 3600}, .changes = {{SecondsAt("2050-03-29T01:00:00Z"), 1}}};
  EXPECT_EQ(Offsets(file.Bytes(), {"2050-03-29T00:59:59Z", "2050-03-29T01:00:00Z"}), "0 3600 ");
}

TEST(ReadTzif, WithoutARuleTheLastOffsetStays) {
  const HandMade file{.offsets = {0, 7200}, .changes = {{0, 1}}};
  EXPECT_EQ(Offsets(file.Bytes(), {"2037-07-01T00:00:00Z", "2250-07-01T00:00:00Z"}), "7200 7200 ");
}

TEST(ReadTzif, RuleOfTheNorth) {
  const HandMade file{.offsets = {3600}, .rule = "CET-1CEST,M3.5.0,M10.5.0/3"};
  // 2061: 27 March and 30 October are the last Sundays.
  EXPECT_EQ(Offsets(file.Bytes(), {"2061-03-27T00:59:59Z", "2061-03-27T01:00:00Z", "2061-10-30T00:59:59Z",
                                   "2061-10-30T01:00:00Z", "1980-07-01T00:00:00Z"}),
            "3600 7200 7200 3600 7200 ");
}

TEST(ReadTzif, RuleOfTheSouth) {
  const HandMade file{.offsets = {36000}, .rule = "AEST-10AEDT,M10.1.0,M4.1.0/3"};
  // 2061: 3 April and 2 October are the first Sundays.
  EXPECT_EQ(Offsets(file.Bytes(), {"2061-01-01T00:00:00Z", "2061-04-02T15:59:59Z", "2061-04-02T16:00:00Z",
                                   "2061-10-01T15:59:59Z", "2061-10-01T16:00:00Z"}),
            "39600 39600 36000 36000 39600 ");
}

TEST(ReadTzif, RuleGoesOnAfterTheListedChanges) {
  const HandMade file{.offsets = {0, 3600, 7200},
                      .changes = {{SecondsAt("2026-03-29T01:00:00Z"), 2}},
                      .rule = "CET-1CEST,M3.5.0,M10.5.0/3"};
  EXPECT_EQ(Offsets(file.Bytes(), {"2025-07-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-12-01T00:00:00Z",
                                   "2027-07-01T00:00:00Z"}),
            "0 7200 3600 7200 ");
}

TEST(ReadTzif, RuleWithoutDaylightTime) {
  const HandMade file{.offsets = {0, 19800}, .changes = {{0, 1}}, .rule = "IST-5:30"};
  EXPECT_EQ(Offsets(file.Bytes(), {"2100-07-01T00:00:00Z"}), "19800 ");
}

TEST(ReadTzif, DaylightTimeAllYearRoundHasNoSeams) {
  const HandMade file{.offsets = {-18000}, .rule = "EST5EDT,0/0,J365/25"};
  const auto spans = ReadTzif(file.Bytes());
  ASSERT_TRUE(spans.ok());
  EXPECT_EQ(Offsets(file.Bytes(), {"2026-01-01T05:00:00Z", "2099-12-31T23:59:59Z"}), "-14400 -14400 ");
  EXPECT_LE(spans->size(), 2U);
}

TEST(ReadTzif, SpansOfEqualOffsetAreOne) {
  const HandMade file{.offsets = {3600, 3600, 0}, .changes = {{0, 1}, {1000, 2}, {2000, 2}}};
  EXPECT_EQ(ReadTzif(file.Bytes())->size(), 2U);
}

TEST(ReadTzif, ChangesBeyondInstantsAreLeftOut) {
  const HandMade file{.offsets = {0, 3600, 7200},
                      .changes = {{-(int64_t{1} << 59), 1}, {int64_t{1} << 59, 2}},
                      .rule = "CET-1CEST,M3.5.0,M10.5.0/3"};
  EXPECT_EQ(Offsets(file.Bytes(), {"1700-01-01T00:00:00Z", "2026-07-01T00:00:00Z"}), "3600 3600 ");
}

struct BadFile {
  std::string name;
  std::string bytes;
  std::string message;
};

class Refused : public testing::TestWithParam<BadFile> {};

TEST_P(Refused, WithTheReason) {
  const auto spans = ReadTzif(GetParam().bytes);
  ASSERT_FALSE(spans.ok());
  EXPECT_EQ(spans.error(), (Error{Code::kInvalid, GetParam().message}));
}

std::string WithCount(std::string bytes, size_t field, uint32_t count) {
  return bytes.replace(20 + 4 * field, 4, Number(count, 4));
}

INSTANTIATE_TEST_SUITE_P(
    Files, Refused,
    testing::Values(
        BadFile{"Empty", "", "the header is cut off"},
        BadFile{"Text", std::string(100, 'x'), "the header is not that of a time zone file"},
        BadFile{"HeaderOnly", HandMade{}.Bytes().substr(0, 43), "the header is cut off"},
        BadFile{"SecondHeaderMissing", HandMade{}.Body(4), "the header is cut off"},
        BadFile{"ManyChanges", WithCount(HandMade{.version = '\0'}.Bytes(), 3, 0xFFFFFFFF), "it is cut off"},
        BadFile{
            "ManyOfAll",
            WithCount(WithCount(WithCount(HandMade{}.Bytes(), 3, 0xFFFFFFFF), 4, 0xFFFFFFFF), 2, 0xFFFFFFFF),
            "it is cut off"},
        BadFile{"NoOffset", HandMade{.offsets = {}, .version = '\0'}.Bytes(), "it has no offset"},
        BadFile{"LeapSeconds", HandMade{.leap_seconds = 27}.Bytes(), "it counts leap seconds"},
        BadFile{"UnknownType", HandMade{.changes = {{0, 1}}}.Bytes(),
                "a change to an offset that is not there"},
        BadFile{"OutOfOrder", HandMade{.changes = {{5, 0}, {5, 0}}}.Bytes(), "its changes are out of order"},
        BadFile{"HugeOffset", HandMade{.offsets = {100'000}}.Bytes(), "an offset of 100000 s"},
        BadFile{"SmallestOffset", HandMade{.offsets = {INT32_MIN}}.Bytes(), "an offset of -2147483648 s"},
        BadFile{"NoRule", HandMade{}.Body(4) + HandMade{}.Body(8), "the rule at its end is missing"},
        BadFile{"RuleCutOff", HandMade{}.Body(4) + HandMade{}.Body(8) + "\nCET-1",
                "the rule at its end is cut off"},
        BadFile{"RuleUnreadable", HandMade{.rule = "CET-1CEST,M13.5.0,M10.5.0"}.Bytes(),
                "the rule \"CET-1CEST,M13.5.0,M10.5.0\" cannot be read"}),
    [](const auto& info) { return info.param.name; });

// Whatever the bytes, reading ends and what is read covers all time in order.
void ExpectSane(const std::string& bytes) {
  const auto spans = ReadTzif(bytes);
  if (!spans.ok()) return;
  ASSERT_EQ(spans->front().begin, Instant::min());
  ASSERT_EQ(spans->back().end, Instant::max());
  for (size_t i = 0; i < spans->size(); ++i) {
    ASSERT_LT((*spans)[i].begin, (*spans)[i].end);
    if (i == 0) continue;
    ASSERT_EQ((*spans)[i - 1].end, (*spans)[i].begin);
    ASSERT_NE((*spans)[i - 1].offset, (*spans)[i].offset);
  }
}

TEST(ReadTzif, DamagedFilesNeverHurt) {
  const std::string good = HandMade{.offsets = {0, 3600, 7200},
                                    .changes = {{-1000, 1}, {0, 2}, {1'700'000'000, 1}},
                                    .rule = "CET-1CEST,M3.5.0,M10.5.0/3"}
                               .Bytes();
  SeededRandom random(7);
  for (size_t length = 0; length <= good.size(); ++length) ExpectSane(good.substr(0, length));
  for (int i = 0; i < 4000; ++i) {
    std::string bytes = good;
    for (uint64_t n = 1 + random.Next() % 4; n > 0; --n)
      bytes[random.Next() % bytes.size()] = static_cast<char>(random.Next());
    ExpectSane(bytes);
    if (HasFatalFailure()) break;
  }
}

TEST(ParsePosixRule, ReadsEveryForm) {
  using Form = YearlyChange::Form;
  const auto rule = *ParsePosixRule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  EXPECT_EQ(rule.standard_offset, -hours(2));
  ASSERT_TRUE(rule.daylight);
  EXPECT_EQ(rule.daylight->offset, -hours(1));
  EXPECT_EQ(rule.daylight->begins, (YearlyChange{Form::kMonthWeekDay, 3, 5, 0, -hours(1)}));
  EXPECT_EQ(rule.daylight->ends.time, seconds(0));
  const auto irish = *ParsePosixRule("IST-1GMT0,M10.5.0,M3.5.0/1");
  EXPECT_EQ(irish.daylight->offset, seconds(0));
  EXPECT_EQ(irish.daylight->begins.time, hours(2));
  const auto days = *ParsePosixRule("AAA+3:30:15BBB,J60,300/-167:59:59");
  EXPECT_EQ(days.standard_offset, -(hours(3) + minutes(30) + seconds(15)));
  EXPECT_EQ(days.daylight->offset, days.standard_offset + hours(1));
  EXPECT_EQ(days.daylight->begins, (YearlyChange{Form::kDayOfYear, 1, 1, 60, hours(2)}));
  EXPECT_EQ(days.daylight->ends.form, Form::kDayOfYearOrLeap);
  EXPECT_EQ(days.daylight->ends.time, -(hours(167) + minutes(59) + seconds(59)));
}

TEST(ParsePosixRule, RefusesEverythingElse) {
  for (const std::string text : {"",
                                 "C",
                                 "CE-1",
                                 "CET",
                                 "CET-25",
                                 "CET-1:60",
                                 "CET-1CEST",
                                 "CET-1CEST,M3.5.0",
                                 "CET-1CEST,M0.1.0,M1.1.0",
                                 "CET-1CEST,M3.6.0,M10.5.0",
                                 "CET-1CEST,M3.5.7,M10.5.0",
                                 "CET-1CEST,J0,J1",
                                 "CET-1CEST,J366,J1",
                                 "CET-1CEST,366,1",
                                 "CET-1CEST,M3.5.0/168,M10.5.0",
                                 "CET-1CEST,M3.5.0,M10.5.0x",
                                 "<CET-1",
                                 "<>-1",
                                 "CET-",
                                 "CET-1CEST;M3.5.0;M10.5.0",
                                 "CET-1CEST,M99999999999.5.0,M10.5.0"}) {
    EXPECT_FALSE(ParsePosixRule(text).ok()) << text;
  }
  EXPECT_FALSE(ParsePosixRule(std::string(1 << 20, 'A')).ok());
}

TEST(ChangeIn, KnowsLeapDays) {
  using Form = YearlyChange::Form;
  const auto day = [](const YearlyChange& change, int year) {
    return FormatRfc3339(Instant(ChangeIn(change, std::chrono::year(year), hours(0))));
  };
  const YearlyChange march{.form = Form::kDayOfYear, .day = 60, .time = seconds(0)};
  EXPECT_EQ(day(march, 2027), "2027-03-01T00:00:00Z");
  EXPECT_EQ(day(march, 2028), "2028-03-01T00:00:00Z");
  const YearlyChange sixtieth{.form = Form::kDayOfYearOrLeap, .day = 59, .time = seconds(0)};
  EXPECT_EQ(day(sixtieth, 2027), "2027-03-01T00:00:00Z");
  EXPECT_EQ(day(sixtieth, 2028), "2028-02-29T00:00:00Z");
}

std::vector<std::string> HostZones() {
  const std::filesystem::path folder("/usr/share/zoneinfo");
  std::vector<std::string> names;
  for (auto it = std::filesystem::recursive_directory_iterator(folder);
       it != std::filesystem::recursive_directory_iterator(); ++it) {
    const std::string name = std::filesystem::relative(it->path(), folder);
    if (name == "right" || name == "posix") {
      it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      std::ifstream file(it->path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      if (LooksLikeTzif(bytes)) names.push_back(name);
    }
  }
  return names;
}

int64_t OffsetOfTheCLibrary(int64_t t) {
  const std::time_t time = t;
  std::tm civil{};
  localtime_r(&time, &civil);
  return civil.tm_gmtoff;
}

// The C library reads the same files by code of its own, their rules included.
void ExpectTheCLibrarysOffsets(const Zone& zone) {
  const int64_t first = 0;
  const int64_t last = SecondsAt("2100-12-31T00:00:00Z");
  const auto offset = [&](int64_t t) { return zone.At(FromUnixSeconds(t)).offset.count(); };
  for (int64_t t = first; t < last; t += 20 * 86400) {
    ASSERT_EQ(offset(t), OffsetOfTheCLibrary(t)) << FormatRfc3339(FromUnixSeconds(t));
  }
  for (Instant end = zone.At(FromUnixSeconds(first)).end; end < FromUnixSeconds(last);
       end = zone.At(end).end) {
    const int64_t t = ToUnixSeconds(end);
    ASSERT_EQ(offset(t), OffsetOfTheCLibrary(t)) << FormatRfc3339(end);
    ASSERT_EQ(offset(t - 1), OffsetOfTheCLibrary(t - 1)) << FormatRfc3339(end);
  }
}

TEST(LoadZone, AllZonesOfTheHostShowTheCLibrarysOffsetsUntil2100) {
  const char* old = std::getenv("TZ");
  const std::string saved = old == nullptr ? "" : old;
  int zones = 0;
  for (const std::string& name : HostZones()) {
    ASSERT_EQ(setenv("TZ", name.c_str(), 1), 0);
    tzset();
    SCOPED_TRACE(name);
    const auto zone = LoadZone(name);
    ASSERT_TRUE(zone.ok()) << zone.error().message;
    ExpectTheCLibrarysOffsets(*zone);
    ++zones;
  }
  old == nullptr ? unsetenv("TZ") : setenv("TZ", saved.c_str(), 1);
  tzset();
  EXPECT_GT(zones, 300);
}

}  // namespace
}  // namespace belfry::cron
