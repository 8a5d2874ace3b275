// When something is due: a calendar pattern or an interval, and the instants it names.
// Source: robfig/cron v3 spec.go and constantdelay.go, as Kubernetes uses them; the day fields of Amazon
// EventBridge besides.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "agent/base/time.h"
#include "agent/cron/zone.h"

namespace belfry::cron {

// Days that depend on the month they are in (AWS profile).
struct MonthDays {
  bool last_day = false;                      // L
  bool last_weekday = false;                  // LW: the last Monday to Friday
  uint32_t nearest_weekdays = 0;              // 15W: bit 15
  uint8_t last_days_of_week = 0;              // 6L: the month's last Friday; bit 0 is Sunday
  std::array<uint8_t, 7> nth_days_of_week{};  // 6#3: bit 3 of [5]

  bool operator==(const MonthDays&) const = default;
};

inline constexpr int kFirstYear = 1970;
inline constexpr int kLastYear = 2199;
using YearSet = std::bitset<kLastYear - kFirstYear + 1>;

// A pattern of civil minutes; bit n stands for the value n.
struct Calendar {
  uint64_t minutes = 0;
  uint32_t hours = 0;
  uint32_t days_of_month = 0;  // 1–31
  uint16_t months = 0;         // 1–12
  uint8_t days_of_week = 0;    // 0 is Sunday
  // The field was written as `*`, `?` or `*/1`. With one of the two marks both day fields must fit; with
  // neither, either suffices.
  bool any_day_of_month = false;
  bool any_day_of_week = false;
  bool any_hour = false;
  MonthDays month_days;
  std::optional<YearSet> years;  // absent: every year

  bool operator==(const Calendar&) const = default;
};

// Elapsed time since the run before, in whole seconds, at least one.
struct Every {
  Duration interval = seconds(1);

  bool operator==(const Every&) const = default;
};

struct Schedule {
  std::variant<Calendar, Every> rule;
  std::string time_zone;  // of a TZ= or CRON_TZ= prefix; empty: none

  bool operator==(const Schedule&) const = default;
};

// What becomes of fixed hours where the clock is changed. Patterns that name every hour follow the clock
// under both rules.
enum class ClockChange {
  kKubernetes,  // skipped minutes are not run, repeated ones run twice
  kVixie,       // a skipped slot runs once right after the gap, a repeated one does not run again
};

// The first slot after `after`; nothing if there is none up to the end of the fifth year after it (or, where
// the schedule names years, in none of them). Source: five-year bound of robfig/cron.
std::optional<Instant> Next(const Schedule& schedule, const Zone& zone, Instant after,
                            ClockChange rule = ClockChange::kKubernetes);

// The newest slot in (after, until]. An interval counts from `after`.
std::optional<Instant> Latest(const Schedule& schedule, const Zone& zone, Instant after, Instant until,
                              ClockChange rule = ClockChange::kKubernetes);

// How many slots are in (after, until].
int64_t Count(const Schedule& schedule, const Zone& zone, Instant after, Instant until,
              ClockChange rule = ClockChange::kKubernetes);

// What Kubernetes' rule does to fixed hours where the clock is changed. The first clock change in (after,
// until] that skips a slot and has none at the gap's far end; the last such one.
std::optional<Instant> FirstSkip(const Schedule& schedule, const Zone& zone, Instant after, Instant until);
std::optional<Instant> LastSkip(const Schedule& schedule, const Zone& zone, Instant after, Instant until);
// Whether the clock shows that slot's time for the second time.
bool IsRepeated(const Schedule& schedule, const Zone& zone, Instant slot);

}  // namespace belfry::cron
