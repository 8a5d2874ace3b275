// The grammar of Amazon EventBridge: cron(minutes hours day-of-month month day-of-week year) and rate(value
// unit). Its days of the week run from 1, Sunday, to 7. Source: EventBridge user guide, "Cron expressions",
// "Rate expressions".
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "agent/cron/expression_parser.h"
#include "agent/cron/go_syntax.h"

namespace belfry::cron {
namespace {

constexpr FieldRange kYearField{kFirstYear, kLastYear, {}};
// Weekday numbers are shifted by one against the standard dialect.
const FieldRange kAwsDayOfWeekField{1, 7, kDayOfWeekField.names};

// The text between `name(` and `)`, or nothing.
std::optional<std::string_view> Inside(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  return text.substr(name.size(), text.size() - name.size() - 1);
}

Result<FieldSet> ParseSet(FieldParser& parser, std::string_view field, const FieldRange& range,
                          std::string_view what) {
  if (field.find('?') != std::string_view::npos) {
    return parser.Fail(field, fmt::format("? is for the day fields, not for the {}: {}", what, field));
  }
  ASSIGN_OR_RETURN(const FieldSet set, parser.Field(field, range));
  if (set.bits == 0) return parser.Fail(field, fmt::format("no {} in the list: {}", what, field));
  return set;
}

Result<void> AddDayOfMonth(FieldParser& parser, std::string_view item, Calendar& calendar) {
  if (item == "L") {
    calendar.month_days.last_day = true;
  } else if (item == "LW" || item == "WL") {
    calendar.month_days.last_weekday = true;
  } else if (item.ends_with('W')) {
    ASSIGN_OR_RETURN(const FieldItem day, parser.Item(item.substr(0, item.size() - 1), kDayOfMonthField));
    if (day.first != day.last) return parser.Fail(item, fmt::format("W follows a single day: {}", item));
    calendar.month_days.nearest_weekdays |= static_cast<uint32_t>(SetOf(day).bits);
  } else {
    ASSIGN_OR_RETURN(const FieldItem days, parser.Item(item, kDayOfMonthField));
    calendar.days_of_month |= static_cast<uint32_t>(SetOf(days).bits);
  }
  return {};
}

// The weekday (0 is Sunday) that stands alone in `text`.
Result<size_t> SingleWeekday(FieldParser& parser, std::string_view text, std::string_view item, char sign) {
  ASSIGN_OR_RETURN(const FieldItem day, parser.Item(text, kAwsDayOfWeekField));
  if (day.first != day.last)
    return parser.Fail(item, fmt::format("{} goes with a single day: {}", sign, item));
  return static_cast<size_t>(day.first - 1);
}

Result<void> AddNthWeekday(FieldParser& parser, std::string_view item, Calendar& calendar) {
  const size_t sign = item.find('#');
  ASSIGN_OR_RETURN(const size_t weekday, SingleWeekday(parser, item.substr(0, sign), item, '#'));
  ASSIGN_OR_RETURN(const int64_t n, parser.Value(item.substr(sign + 1), FieldRange{}));
  if (n < 1 || n > 5) return parser.Fail(item, fmt::format("a month has the weeks 1 to 5: {}", item));
  calendar.month_days.nth_days_of_week[weekday] |= static_cast<uint8_t>(1U << n);
  return {};
}

Result<void> AddDayOfWeek(FieldParser& parser, std::string_view item, Calendar& calendar) {
  if (item == "L") {
    calendar.days_of_week |= 1U << 6;
  } else if (item.ends_with('L')) {
    ASSIGN_OR_RETURN(const size_t weekday, SingleWeekday(parser, item.substr(0, item.size() - 1), item, 'L'));
    calendar.month_days.last_days_of_week |= static_cast<uint8_t>(1U << weekday);
  } else if (item.find('#') != std::string_view::npos) {
    RETURN_IF_ERROR(AddNthWeekday(parser, item, calendar));
  } else {
    ASSIGN_OR_RETURN(const FieldItem days, parser.Item(item, kAwsDayOfWeekField));
    calendar.days_of_week |= static_cast<uint8_t>(SetOf(days).bits >> 1);
  }
  return {};
}

using AddItem = Result<void> (*)(FieldParser&, std::string_view, Calendar&);

Result<void> AddAll(FieldParser& parser, std::string_view field, std::string_view what, AddItem add,
                    Calendar& calendar) {
  for (const std::string_view item : Split(field, ',')) {
    if (item.empty()) return parser.Fail(field, fmt::format("empty item in the {}: {}", what, field));
    RETURN_IF_ERROR(add(parser, item, calendar));
  }
  return {};
}

Result<void> ParseDays(FieldParser& parser, std::string_view day, std::string_view weekday,
                       Calendar& calendar) {
  if ((day == "?") == (weekday == "?")) {
    return parser.Fail(
        weekday,
        fmt::format("one of day-of-month and day-of-week must be ?, and only one: {} and {}", day, weekday));
  }
  calendar.any_day_of_month = day == "?" || day == "*";
  calendar.any_day_of_week = weekday == "?" || weekday == "*";
  RETURN_IF_ERROR(AddAll(parser, day, "day-of-month", AddDayOfMonth, calendar));
  return AddAll(parser, weekday, "day-of-week", AddDayOfWeek, calendar);
}

Result<std::optional<YearSet>> ParseYears(FieldParser& parser, std::string_view field) {
  YearSet years;
  for (const std::string_view item : Split(field, ',')) {
    if (item == "?" || item.empty()) return parser.Fail(field, fmt::format("not a year: {}", field));
    ASSIGN_OR_RETURN(const FieldItem read, parser.Item(item, kYearField));
    if (read.star) return std::optional<YearSet>();
    for (int64_t year = read.first;; year += read.step) {
      years.set(static_cast<size_t>(year - kFirstYear));
      if (read.step > read.last - year) break;
    }
  }
  return std::optional<YearSet>(years);
}

Result<Schedule> ParseCron(FieldParser& parser, std::string_view text) {
  const auto words = Words(text);
  RETURN_IF_ERROR(CheckFieldCount(parser, words, 6, text));
  Calendar calendar;
  ASSIGN_OR_RETURN(const FieldSet minute, ParseSet(parser, words[0], kMinuteField, "minutes"));
  ASSIGN_OR_RETURN(const FieldSet hour, ParseSet(parser, words[1], kHourField, "hours"));
  RETURN_IF_ERROR(ParseDays(parser, words[2], words[4], calendar));
  ASSIGN_OR_RETURN(const FieldSet month, ParseSet(parser, words[3], kMonthField, "months"));
  ASSIGN_OR_RETURN(calendar.years, ParseYears(parser, words[5]));
  calendar.minutes = minute.bits;
  calendar.hours = static_cast<uint32_t>(hour.bits);
  calendar.any_hour = hour.star;
  calendar.months = static_cast<uint16_t>(month.bits);
  return Schedule{.rule = calendar, .time_zone = {}};
}

struct RateUnit {
  std::string_view singular;
  std::string_view plural;
  int64_t seconds_each;
};
constexpr RateUnit kRateUnits[] = {
    {"minute", "minutes", 60}, {"hour", "hours", 3600}, {"day", "days", 86400}};

// A unit of either number that is spelled so.
const RateUnit* FindRateUnit(std::string_view word) {
  const auto* unit = std::ranges::find_if(kRateUnits, [&](const RateUnit& candidate) {
    return word == candidate.singular || word == candidate.plural;
  });
  return unit == std::end(kRateUnits) ? nullptr : unit;
}

Result<Schedule> ParseRate(FieldParser& parser, std::string_view text) {
  const auto words = Words(text);
  if (words.size() != 2) {
    return parser.Fail(text, fmt::format("a rate is a number and a unit, such as rate(5 minutes): {}", text));
  }
  ASSIGN_OR_RETURN(const int64_t value, parser.Value(words[0], FieldRange{}));
  if (value == 0) return parser.Fail(words[0], fmt::format("a rate is a positive number: {}", words[0]));
  const RateUnit* unit = FindRateUnit(words[1]);
  if (unit == nullptr) {
    return parser.Fail(words[1],
                       fmt::format("unknown unit {}: minute, minutes, hour, hours, day or days", words[1]));
  }
  const std::string_view spelled = value == 1 ? unit->singular : unit->plural;
  if (words[1] != spelled) {
    return parser.Fail(words[1], fmt::format("{} goes with {}, not with {}", value, spelled, words[1]));
  }
  constexpr int64_t kLongest = int64_t{100} * 366 * 86400;
  if (value > kLongest / unit->seconds_each)
    return parser.Fail(words[0], fmt::format("more than 100 years: {}", text));
  return Schedule{.rule = Every{seconds(value * unit->seconds_each)}, .time_zone = {}};
}

}  // namespace

Result<Schedule> ParseAws(FieldParser& parser, std::string_view text) {
  if (const auto fields = Inside(text, "cron(")) return ParseCron(parser, *fields);
  if (const auto rate = Inside(text, "rate(")) return ParseRate(parser, *rate);
  return parser.Fail(text, fmt::format("expected cron(…) or rate(…): {}", text));
}

}  // namespace belfry::cron
