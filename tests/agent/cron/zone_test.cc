#include "agent/cron/zone.h"

#include <gtest/gtest.h>

namespace belfry::cron {
namespace {

TEST(LoadZone, KnowsTheSystemsZones) {
  for (const char* name :
       {"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "US/Pacific"}) {
    const auto zone = LoadZone(name);
    ASSERT_TRUE(zone.ok()) << name;
    EXPECT_EQ(zone->name(), name);
  }
}

TEST(LoadZone, RefusesOthers) {
  for (const char* name :
       {"Mars/Olympus", "europe/berlin", "", "../etc/passwd", "/etc/passwd", "Europe", "zone.tab"}) {
    EXPECT_EQ(LoadZone(name).error(), (Error{Code::kInvalid, std::string("unknown time zone ") + name}));
  }
}

TEST(LoadLocalZone, IsThere) { EXPECT_TRUE(LoadLocalZone().ok()); }

TEST(Zone, SpansCoverAllTime) {
  const Zone zone = *LoadZone("Europe/Berlin");
  Instant t = Instant::min();
  int spans = 0;
  for (; zone.At(t).end != Instant::max(); t = zone.At(t).end, ++spans) {
    ASSERT_LE(zone.At(t).begin, t);
    ASSERT_LT(t, zone.At(t).end);
  }
  EXPECT_GT(spans, 100);
  EXPECT_EQ(zone.At(*ParseRfc3339("2026-07-01T00:00:00Z")).offset, hours(2));
  EXPECT_EQ(zone.At(*ParseRfc3339("2026-03-29T01:00:00Z")).offset, hours(2));
  EXPECT_EQ(zone.At(*ParseRfc3339("2026-03-29T00:59:59Z")).offset, hours(1));
}

TEST(CheckTimeZoneName, SaysWhatTheApiServerSays) {
  struct Case {
    std::string name;
    std::string message;
  };
  const std::string explicit_zone =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
  const Case cases[] = {{"", "timeZone must be nil or non-empty string"},
                        {"Local", explicit_zone},
                        {"LOCAL", explicit_zone},
                        {"local", explicit_zone},
                        {"Mars/Olympus", "unknown time zone Mars/Olympus"},
                        {"Europe/Ber lin", "unknown time zone Europe/Ber lin"},
                        {"Europe//Berlin", "unknown time zone Europe//Berlin"},
                        {"../UTC", "unknown time zone ../UTC"},
                        {"./UTC", "unknown time zone ./UTC"},
                        {"-UTC", "unknown time zone -UTC"},
                        {"/UTC", "unknown time zone /UTC"},
                        {"UTC/", "unknown time zone UTC/"},
                        {"abcdefghijklmno", "unknown time zone abcdefghijklmno"},
                        {std::string("UTC\0", 4), std::string("unknown time zone UTC\0", 22)}};
  for (const Case& c : cases)
    EXPECT_EQ(CheckTimeZoneName(c.name).error(), (Error{Code::kInvalid, c.message}));
  for (const char* name :
       {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+12"}) {
    EXPECT_TRUE(CheckTimeZoneName(name).ok()) << name;
  }
}

TEST(FormatInZone, ShowsTheOffset) {
  const Instant t = *ParseRfc3339("2026-03-29T01:30:00.75Z");
  EXPECT_EQ(FormatInZone(t, Zone()), "2026-03-29T01:30:00Z");
  EXPECT_EQ(FormatInZone(t, *LoadZone("Europe/Berlin")), "2026-03-29T03:30:00+02:00");
  EXPECT_EQ(FormatInZone(t, *LoadZone("America/St_Johns")), "2026-03-28T23:00:00-02:30");
  EXPECT_EQ(FormatInZone(t, *LoadZone("Pacific/Chatham")), "2026-03-29T15:15:00+13:45");
  EXPECT_EQ(FormatRfc1123InZone(t, *LoadZone("Europe/Berlin")), "Sun, 29 Mar 2026 03:30:00 +0200");
  EXPECT_EQ(FormatRfc1123InZone(t, *LoadZone("America/St_Johns")), "Sat, 28 Mar 2026 23:00:00 -0230");
}

}  // namespace
}  // namespace belfry::cron
