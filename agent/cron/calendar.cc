#include "agent/cron/calendar.h"

#include <algorithm>
#include <bit>

namespace belfry::cron {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::last;
using std::chrono::local_days;
using std::chrono::months;
using std::chrono::weekday;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr int kMinutesOfDay = 24 * 60;

constexpr uint32_t Bit(unsigned n) { return uint32_t{1} << n; }

// Requires: not 0.
int HighestBit(uint64_t bits) { return 63 - std::countl_zero(bits); }

unsigned LengthOf(year_month month) {
  return static_cast<unsigned>(std::chrono::year_month_day_last(month.year(), last / month.month()).day());
}

// 0 is Sunday.
unsigned WeekdayOf(year_month month, unsigned day) {
  return weekday(local_days(month / std::chrono::day(day))).c_encoding();
}

uint32_t MaskOfLength(unsigned length) { return (uint32_t{0xFFFFFFFF} >> (31 - length)) & ~Bit(0); }

// Bits 1 to 31 of the days whose day of the week is in `days_of_week`; `first` is that of day 1.
uint32_t SpreadWeekdays(uint8_t days_of_week, unsigned first) {
  const uint32_t turned = ((uint32_t{days_of_week} | uint32_t{days_of_week} << 7) >> first) & 0x7F;
  const uint64_t repeated = uint64_t{turned} * 0x10204081;  // at bits 0, 7, 14, 21, 28
  return static_cast<uint32_t>(repeated << 1);
}

// The day from Monday to Friday nearest to `day`, without leaving the month.
unsigned NearestWeekday(unsigned day, unsigned length, unsigned day_of_week) {
  if (day_of_week == 6) return day == 1 ? 3 : day - 1;
  if (day_of_week == 0) return day == length ? length - 2 : day + 1;
  return day;
}

uint32_t SpecialDaysOfMonth(const MonthDays& wanted, year_month month, unsigned length) {
  uint32_t mask = wanted.last_day ? Bit(length) : 0;
  if (wanted.last_weekday) mask |= Bit(NearestWeekday(length, length, WeekdayOf(month, length)));
  for (unsigned day = 1; day <= length && wanted.nearest_weekdays != 0; ++day) {
    if (wanted.nearest_weekdays & Bit(day)) mask |= Bit(NearestWeekday(day, length, WeekdayOf(month, day)));
  }
  return mask;
}

uint32_t SpecialDaysOfWeek(const MonthDays& wanted, unsigned first, unsigned length) {
  uint32_t mask = 0;
  for (unsigned d = 0; d < 7; ++d) {
    const unsigned first_such = 1 + (d + 7 - first) % 7;
    for (unsigned n = 1; n <= 5; ++n) {
      const unsigned day = first_such + 7 * (n - 1);
      if (day <= length && (wanted.nth_days_of_week[d] & Bit(n))) mask |= Bit(day);
    }
    const unsigned last_such = first_such + 7 * ((length - first_such) / 7);
    if (wanted.last_days_of_week & Bit(d)) mask |= Bit(last_such);
  }
  return mask;
}

bool YearFits(const Calendar& calendar, std::chrono::year year) {
  if (!calendar.years) return true;
  const int y = static_cast<int>(year);
  return y >= kFirstYear && y <= kLastYear && calendar.years->test(static_cast<size_t>(y - kFirstYear));
}

bool IsEmpty(const Calendar& calendar) { return calendar.minutes == 0 || calendar.hours == 0; }

// The first fitting minute of a day at or after `minute`, or −1.
int FirstMinute(const Calendar& calendar, int minute) {
  const int hour = minute / 60;
  if (hour < 24 && (calendar.hours >> hour & 1)) {
    const uint64_t rest = calendar.minutes >> minute % 60;
    if (rest != 0) return minute + std::countr_zero(rest);
  }
  const uint32_t later = hour < 23 ? calendar.hours >> (hour + 1) : 0;
  if (later == 0) return -1;
  return (hour + 1 + std::countr_zero(later)) * 60 + std::countr_zero(calendar.minutes);
}

// The last fitting minute of a day before `minute`, or −1.
int LastMinute(const Calendar& calendar, int minute) {
  const int hour = minute / 60;
  if (hour < 24 && (calendar.hours >> hour & 1)) {
    const uint64_t rest = calendar.minutes & ((uint64_t{1} << minute % 60) - 1);
    if (rest != 0) return hour * 60 + HighestBit(rest);
  }
  const uint32_t earlier = calendar.hours & (Bit(static_cast<unsigned>(hour)) - 1);
  if (earlier == 0) return -1;
  return HighestBit(earlier) * 60 + HighestBit(calendar.minutes);
}

// How many fitting minutes of a day are before `minute`.
int CountMinutes(const Calendar& calendar, int minute) {
  const int hour = minute / 60;
  const uint32_t earlier = calendar.hours & (Bit(static_cast<unsigned>(hour)) - 1);
  int count = std::popcount(earlier) * std::popcount(calendar.minutes);
  if (hour < 24 && (calendar.hours >> hour & 1)) {
    count += std::popcount(calendar.minutes & ((uint64_t{1} << minute % 60) - 1));
  }
  return count;
}

struct DayAndMinute {
  local_days day;
  int minute;  // rounded up
};

DayAndMinute Split(LocalTime t) {
  const auto day = floor<days>(t);
  return {day, static_cast<int>(std::chrono::ceil<minutes>(t - day).count())};
}

bool DayFits(const Calendar& calendar, local_days day) {
  const year_month_day date(day);
  return (DaysIn(calendar, date.year() / date.month()) & Bit(static_cast<unsigned>(date.day()))) != 0;
}

std::optional<local_days> FirstDayAfter(const Calendar& calendar, local_days day, int last_year) {
  const year_month_day date(day);
  year_month month = date.year() / date.month();
  uint32_t allowed = ~(Bit(static_cast<unsigned>(date.day())) * 2 - 1);
  for (; static_cast<int>(month.year()) <= last_year; month += months(1), allowed = ~uint32_t{0}) {
    const uint32_t fitting = DaysIn(calendar, month) & allowed;
    if (fitting != 0)
      return local_days(month / std::chrono::day(static_cast<unsigned>(std::countr_zero(fitting))));
  }
  return std::nullopt;
}

std::optional<local_days> LastDayBefore(const Calendar& calendar, local_days day, local_days not_before) {
  const year_month_day date(day);
  const year_month_day stop(not_before);
  year_month month = date.year() / date.month();
  uint32_t allowed = Bit(static_cast<unsigned>(date.day())) - 1;
  for (; month >= stop.year() / stop.month(); month -= months(1), allowed = ~uint32_t{0}) {
    const uint32_t fitting = DaysIn(calendar, month) & allowed;
    if (fitting != 0)
      return local_days(month / std::chrono::day(static_cast<unsigned>(std::bit_width(fitting) - 1)));
  }
  return std::nullopt;
}

// How many fitting days are before `day`, counted from the first of the month `origin`.
int64_t CountDays(const Calendar& calendar, year_month origin, local_days day) {
  const year_month_day date(day);
  int64_t count = 0;
  for (year_month month = origin; month < date.year() / date.month(); month += months(1)) {
    count += std::popcount(DaysIn(calendar, month));
  }
  return count + std::popcount(DaysIn(calendar, date.year() / date.month()) &
                               (Bit(static_cast<unsigned>(date.day())) - 1));
}

int64_t CountUntil(const Calendar& calendar, year_month origin, LocalTime before) {
  const auto [day, minute] = Split(before);
  const int64_t whole = CountDays(calendar, origin, day) * CountMinutes(calendar, kMinutesOfDay);
  return whole + (DayFits(calendar, day) ? CountMinutes(calendar, minute) : 0);
}

}  // namespace

uint32_t DaysIn(const Calendar& calendar, year_month month) {
  if (!(calendar.months >> static_cast<unsigned>(month.month()) & 1) || !YearFits(calendar, month.year()))
    return 0;
  const unsigned length = LengthOf(month);
  const unsigned first = WeekdayOf(month, 1);
  uint32_t by_month = calendar.days_of_month;
  uint32_t by_week = SpreadWeekdays(calendar.days_of_week, first);
  if (calendar.month_days != MonthDays{}) {
    by_month |= SpecialDaysOfMonth(calendar.month_days, month, length);
    by_week |= SpecialDaysOfWeek(calendar.month_days, first, length);
  }
  const bool both = calendar.any_day_of_month || calendar.any_day_of_week;
  return (both ? by_month & by_week : by_month | by_week) & MaskOfLength(length);
}

std::optional<LocalTime> FirstAtOrAfter(const Calendar& calendar, LocalTime from, int last_year) {
  if (IsEmpty(calendar)) return std::nullopt;
  const auto [day, minute] = Split(from);
  if (YearOf(from) <= last_year && DayFits(calendar, day)) {
    if (const int fitting = FirstMinute(calendar, minute); fitting >= 0) return day + minutes(fitting);
  }
  const auto next = FirstDayAfter(calendar, day, last_year);
  if (!next) return std::nullopt;
  return *next + minutes(FirstMinute(calendar, 0));
}

std::optional<LocalTime> LastBefore(const Calendar& calendar, LocalTime from, LocalTime before) {
  if (IsEmpty(calendar) || before <= from) return std::nullopt;
  const auto [day, minute] = Split(before);
  std::optional<LocalTime> found;
  if (const int fitting = DayFits(calendar, day) ? LastMinute(calendar, minute) : -1; fitting >= 0) {
    found = day + minutes(fitting);
  } else if (const auto earlier = LastDayBefore(calendar, day, floor<days>(from))) {
    found = *earlier + minutes(LastMinute(calendar, kMinutesOfDay));
  }
  return found && *found >= from ? found : std::nullopt;
}

int64_t CountBetween(const Calendar& calendar, LocalTime from, LocalTime before) {
  if (IsEmpty(calendar) || before <= from) return 0;
  const year_month_day first(floor<days>(from));
  const year_month origin = first.year() / first.month();
  return CountUntil(calendar, origin, before) - CountUntil(calendar, origin, from);
}

}  // namespace belfry::cron
