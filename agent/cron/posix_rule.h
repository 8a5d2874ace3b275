// The rule at the end of a time zone file: how the clock goes on after the last change that the file lists.
// Source: POSIX.1-2017 8.3 (TZ), RFC 9636 3.3.1 (times from -167 to 167 hours).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/time.h"

namespace belfry::cron {

// A day of every year, and a time from its midnight on that clock.
struct YearlyChange {
  enum class Form {
    kMonthWeekDay,     // M3.5.0: the last Sunday of March
    kDayOfYear,        // J60: 1 March in every year
    kDayOfYearOrLeap,  // 59: day 0 is 1 January, 29 February counts
  };
  Form form = Form::kMonthWeekDay;
  int month = 1;
  int week = 1;  // 5: the last
  int day = 0;   // of the week, 0 is Sunday; or of the year
  seconds time = std::chrono::hours(2);

  bool operator==(const YearlyChange&) const = default;
};

struct PosixRule {
  struct Daylight {
    seconds offset{0};
    YearlyChange begins;  // in standard time
    YearlyChange ends;    // in daylight time

    bool operator==(const Daylight&) const = default;
  };
  seconds standard_offset{0};  // civil time − UTC
  std::optional<Daylight> daylight;

  bool operator==(const PosixRule&) const = default;
};

// `CET-1CEST,M3.5.0,M10.5.0/3`. Errors: kInvalid with what is wrong with it.
Result<PosixRule> ParsePosixRule(std::string_view text);

// When that day and time is in `year`, on a clock with that offset.
std::chrono::sys_seconds ChangeIn(const YearlyChange& change, std::chrono::year year, seconds offset);

}  // namespace belfry::cron
