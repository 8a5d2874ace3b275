#include "agent/cron/next.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/cron/go_syntax.h"

namespace belfry::cron {
namespace {

// The expression in one line: what would move the caret's line is shown as a space.
std::string OnOneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }, ' ');
  return line;
}

}  // namespace

std::vector<Instant> NextInstants(const Schedule& schedule, const Zone& zone, Instant from, size_t count,
                                  ClockChange rule) {
  std::vector<Instant> instants;
  std::optional<Instant> at = from;
  while (instants.size() < count) {
    at = Next(schedule, zone, *at, rule);
    if (!at) break;
    instants.push_back(*at);
  }
  return instants;
}

Result<Zone> ChooseZone(const Schedule& schedule, std::optional<std::string_view> zone_name) {
  if (!schedule.time_zone.empty() && zone_name) {
    return Error{Code::kInvalid, fmt::format("time zone {} is given, and the schedule names {} itself",
                                             GoQuote(*zone_name), GoQuote(schedule.time_zone))};
  }
  if (!schedule.time_zone.empty()) return LoadZone(schedule.time_zone);
  if (!zone_name) return LoadLocalZone();
  if (const auto fine = CheckTimeZoneName(*zone_name); !fine) {
    return Annotate(fine.error(), fmt::format("time zone {}", GoQuote(*zone_name)));
  }
  return LoadZone(*zone_name);
}

std::string RenderParseError(std::string_view expression, const ParseError& error) {
  return fmt::format("{}\n  {}\n  {}{}", error.message, OnOneLine(expression),
                     std::string(error.column - 1, ' '), std::string(error.width, '^'));
}

}  // namespace belfry::cron
