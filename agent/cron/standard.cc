// The grammar of robfig/cron's standard parser: five fields or a descriptor.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "agent/cron/expression_parser.h"
#include "agent/cron/go_syntax.h"

namespace belfry::cron {
namespace {

struct Descriptor {
  std::string_view name;
  std::string_view fields;
};
constexpr Descriptor kDescriptors[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};

constexpr std::string_view kEvery = "@every ";

Result<Schedule> ParseFields(FieldParser& parser, std::string_view text) {
  const auto words = Words(text);
  RETURN_IF_ERROR(CheckFieldCount(parser, words, 5, text));
  ASSIGN_OR_RETURN(const FieldSet minute, parser.Field(words[0], kMinuteField));
  ASSIGN_OR_RETURN(const FieldSet hour, parser.Field(words[1], kHourField));
  ASSIGN_OR_RETURN(const FieldSet day, parser.Field(words[2], kDayOfMonthField));
  ASSIGN_OR_RETURN(const FieldSet month, parser.Field(words[3], kMonthField));
  ASSIGN_OR_RETURN(const FieldSet weekday, parser.Field(words[4], kDayOfWeekField));
  return Schedule{.rule = Calendar{.minutes = minute.bits,
                                   .hours = static_cast<uint32_t>(hour.bits),
                                   .days_of_month = static_cast<uint32_t>(day.bits),
                                   .months = static_cast<uint16_t>(month.bits),
                                   .days_of_week = static_cast<uint8_t>(weekday.bits),
                                   .any_day_of_month = day.star,
                                   .any_day_of_week = weekday.star,
                                   .any_hour = hour.star,
                                   .month_days = {},
                                   .years = {}},
                  .time_zone = {}};
}

Result<Schedule> ParseEvery(FieldParser& parser, std::string_view text) {
  const std::string_view amount = text.substr(kEvery.size());
  const auto interval = GoParseDuration(amount);
  if (!interval) {
    return parser.Fail(amount,
                       fmt::format("failed to parse duration {}: {}", text, interval.error().message));
  }
  return Schedule{.rule = Every{std::max<Duration>(seconds(1), std::chrono::floor<seconds>(*interval))},
                  .time_zone = {}};
}

}  // namespace

Result<Schedule> ParseStandard(FieldParser& parser, std::string_view text) {
  if (!text.starts_with('@')) return ParseFields(parser, text);
  if (text.starts_with(kEvery)) return ParseEvery(parser, text);
  const auto* known = std::ranges::find(kDescriptors, text, &Descriptor::name);
  if (known == std::end(kDescriptors))
    return parser.Fail(text, fmt::format("unrecognized descriptor: {}", text));
  return ParseFields(parser, known->fields);
}

}  // namespace belfry::cron
