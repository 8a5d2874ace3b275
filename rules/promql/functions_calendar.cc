// Parts of the date and time of day, in UTC.

#include "rules/promql/functions.h"

namespace belfry::promql {
namespace {

constexpr uint64_t kSecondsPerDay = 86'400;

// Days and seconds are counted from a year long before, in unsigned arithmetic that wraps, as Go's time
// package does: so even values that are no sensible time give the numbers Prometheus gives.
constexpr uint64_t kEpoch = 9'223'372'028'715'321'600ULL;  // seconds from then to 1970

int64_t DayNumber(int64_t t) {
  return static_cast<int64_t>((static_cast<uint64_t>(t) + kEpoch) / kSecondsPerDay) -
         static_cast<int64_t>(kEpoch / kSecondsPerDay);
}
int64_t SecondOfDay(int64_t t) {
  return static_cast<int64_t>((static_cast<uint64_t>(t) + kEpoch) % kSecondsPerDay);
}

// The proleptic Gregorian date, for any int64 of seconds (chrono's years end at ±32767).
struct Date {
  int64_t year;
  int month;
  int day;
  int day_of_year;  // from 1
};

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

Date DateOf(int64_t t) {
  // Years from March, so that the leap day ends the year, in eras of 400 years.
  const int64_t day_number = DayNumber(t) + 719'468;
  const int64_t era = (day_number >= 0 ? day_number : day_number - 146'096) / 146'097;
  const int64_t of_era = day_number - era * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * of_year + 2) / 153;
  const int day = static_cast<int>(of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const int leap_day = month > 2 && IsLeap(year) ? 1 : 0;
  return {year, month, day, kBefore[month - 1] + leap_day + day};
}

int DaysInMonth(const Date& date) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return date.month == 2 && IsLeap(date.year) ? 29 : kDays[date.month - 1];
}

int64_t Weekday(int64_t t) { return ((DayNumber(t) + 4) % 7 + 7) % 7; }  // 1970 began on a Thursday

FunctionInfo Part(std::string_view name, CalendarFunction run) {
  return {.name = name, .args = {ValueType::kVector}, .variadic = 1, .run = run};
}

}  // namespace

std::vector<FunctionInfo> CalendarFunctions() {
  return {
      Part("minute", [](int64_t t) { return static_cast<double>(SecondOfDay(t) % 3600 / 60); }),
      Part("hour", [](int64_t t) { return static_cast<double>(SecondOfDay(t) / 3600); }),
      Part("day_of_week", [](int64_t t) { return static_cast<double>(Weekday(t)); }),
      Part("day_of_month", [](int64_t t) { return static_cast<double>(DateOf(t).day); }),
      Part("day_of_year", [](int64_t t) { return static_cast<double>(DateOf(t).day_of_year); }),
      Part("days_in_month", [](int64_t t) { return static_cast<double>(DaysInMonth(DateOf(t))); }),
      Part("month", [](int64_t t) { return static_cast<double>(DateOf(t).month); }),
      Part("year", [](int64_t t) { return static_cast<double>(DateOf(t).year); }),
  };
}

}  // namespace belfry::promql
