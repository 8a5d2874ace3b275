// The civil side of a calendar pattern: which minutes of a zone-less clock fit. All steps are bit operations
// on whole months.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "agent/cron/schedule.h"

namespace belfry::cron {

// A clock's reading, of no zone in particular.
using LocalTime = std::chrono::local_time<seconds>;

// The days of that month that fit, as bits 1 to 31; 0 where the month or year does not fit.
uint32_t DaysIn(const Calendar& calendar, std::chrono::year_month month);

// The first fitting minute at or after `from`, up to the end of `last_year`.
std::optional<LocalTime> FirstAtOrAfter(const Calendar& calendar, LocalTime from, int last_year);

// The last fitting minute in [from, before).
std::optional<LocalTime> LastBefore(const Calendar& calendar, LocalTime from, LocalTime before);

// How many fitting minutes are in [from, before).
int64_t CountBetween(const Calendar& calendar, LocalTime from, LocalTime before);

inline int YearOf(LocalTime t) {
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(t)).year());
}

}  // namespace belfry::cron
