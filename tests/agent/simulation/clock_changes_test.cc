// Clock changes of several zones in both directions, as their governments decreed them.
#include "agent/simulation/clock_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/cron/expression.h"

namespace belfry::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> NotesOf(const std::string& schedule, const std::string& zone, int year,
                                 cron::ClockChange rule = cron::ClockChange::kKubernetes) {
  const auto at = [](int y) { return *ParseRfc3339(std::to_string(y) + "-01-01T00:00:00Z"); };
  return ClockChangeNotes(*cron::Parse(schedule), *cron::LoadZone(zone), rule, at(year), at(year + 1));
}

struct Case {
  const char* zone;
  const char* schedule;
  int year;
  std::vector<std::string> notes;
};

TEST(ClockChangeNotes, NameTheDay) {
  const Case kCases[] = {
      {"Europe/Berlin",
       "30 2 * * *",
       2026,
       {"does not run on 2026-03-29: 02:30 does not exist in Europe/Berlin",
        "runs twice on 2026-10-25: 02:30 comes twice in Europe/Berlin"}},
      {"America/New_York",
       "30 1 * * *",
       2026,
       {"runs twice on 2026-11-01: 01:30 comes twice in America/New_York"}},
      {"America/New_York",
       "30 2 * * *",
       2026,
       {"does not run on 2026-03-08: 02:30 does not exist in America/New_York"}},
      {"Australia/Lord_Howe",
       "15 2 * * *",
       2026,
       {"does not run on 2026-10-04: 02:15 does not exist in Australia/Lord_Howe"}},
      {"Africa/Cairo",
       "0 0 * * *",
       2025,
       {"does not run on 2025-04-25: 00:00 does not exist in Africa/Cairo"}},
      {"Pacific/Apia",
       "0 12 * * *",
       2011,
       {"does not run on 2011-12-30: 12:00 does not exist in Pacific/Apia"}},
      {"Europe/Berlin",
       "0,20,40 2 * * 0",
       2026,
       {"does not run on 2026-03-29: 02:00, 02:20, 02:40 do not exist in Europe/Berlin",
        "runs more often on 2026-10-25: 02:00, 02:20, 02:40 come twice in Europe/Berlin"}},
      {"Europe/Berlin",
       "0 2,14 * * *",
       2026,
       {"runs less often on 2026-03-29: 02:00 does not exist in Europe/Berlin",
        "runs more often on 2026-10-25: 02:00 comes twice in Europe/Berlin"}},
      {"Europe/Berlin", "30 2 * * 1-5", 2026, {}},
      {"Europe/Berlin", "*/15 * * * *", 2026, {}},
      {"Europe/Berlin", "@every 1h", 2026, {}},
      {"Asia/Kolkata", "30 2 * * *", 2026, {}},
      {"UTC", "30 2 * * *", 2026, {}},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(NotesOf(c.schedule, c.zone, c.year), c.notes) << c.zone << " " << c.schedule;
  }
}

TEST(ClockChangeNotes, VixiesRuleRunsOnceAfterTheGap) {
  EXPECT_THAT(
      NotesOf("30 2 * * *", "Europe/Berlin", 2026, cron::ClockChange::kVixie),
      ElementsAre("runs at 03:00 instead of 02:30 on 2026-03-29: the clock of Europe/Berlin is set forward"));
}

TEST(ClockChangeNotes, OnlyThoseOfTheSpan) {
  const auto at = [](const char* text) { return *ParseRfc3339(text); };
  const cron::Schedule schedule = *cron::Parse("30 2 * * *");
  const cron::Zone zone = *cron::LoadZone("Europe/Berlin");
  EXPECT_THAT(ClockChangeNotes(schedule, zone, cron::ClockChange::kKubernetes, at("2026-03-29T01:00:00Z"),
                               at("2026-10-25T01:00:00Z")),
              IsEmpty());
}

}  // namespace
}  // namespace belfry::simulation
