#include "agent/cron/zone.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "agent/base/check.h"

namespace belfry::cron {
namespace {

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kWeekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_+").find(c) != std::string_view::npos;
}

bool IsNamePart(std::string_view part) {
  return !part.empty() && part.size() <= 14 && part != "." && part != ".." && part[0] != '-' &&
         std::ranges::all_of(part, IsNameCharacter);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

struct Civil {
  std::chrono::year_month_day date;
  unsigned weekday;
  std::chrono::hh_mm_ss<seconds> time;
  int64_t offset_minutes;
};

Civil ToCivil(Instant t, const Zone& zone) {
  const seconds offset = zone.At(t).offset;
  const auto local = std::chrono::floor<seconds>(t) + offset;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return {.date = std::chrono::year_month_day(day),
          .weekday = std::chrono::weekday(day).c_encoding(),
          .time = std::chrono::hh_mm_ss<seconds>(local - day),
          .offset_minutes = offset.count() / 60};
}

std::string OffsetText(int64_t offset_minutes, std::string_view separator) {
  const int64_t size = std::abs(offset_minutes);
  return fmt::format("{}{:02}{}{:02}", offset_minutes < 0 ? '-' : '+', size / 60, separator, size % 60);
}

}  // namespace

Zone::Zone() : Zone("UTC", {ZoneSpan{}}) {}

Zone::Zone(std::string name, std::vector<ZoneSpan> spans)
    : data_(std::make_shared<const Data>(Data{std::move(name), std::move(spans)})) {
  CHECK(!data_->spans.empty());
  CHECK(data_->spans.front().begin == Instant::min() && data_->spans.back().end == Instant::max());
}

const ZoneSpan& Zone::At(Instant t) const {
  const auto& spans = data_->spans;
  const auto after = std::ranges::upper_bound(spans, t, {}, &ZoneSpan::begin);
  return *std::prev(after);
}

bool IsZoneName(std::string_view name) {
  while (true) {
    const size_t slash = name.find('/');
    if (!IsNamePart(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

Result<void> CheckTimeZoneName(std::string_view name) {
  if (name.empty()) return Error{Code::kInvalid, "timeZone must be nil or non-empty string"};
  if (EqualsIgnoringCase(name, "local")) {
    return Error{Code::kInvalid,
                 "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"};
  }
  if (!IsZoneName(name)) return Error{Code::kInvalid, fmt::format("unknown time zone {}", name)};
  const auto zone = LoadZone(name);
  return zone.ok() ? Result<void>() : zone.error();
}

std::string FormatInZone(Instant t, const Zone& zone) {
  const Civil c = ToCivil(t, zone);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}", static_cast<int>(c.date.year()),
                     static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()),
                     c.time.hours().count(), c.time.minutes().count(), c.time.seconds().count(),
                     c.offset_minutes == 0 ? "Z" : OffsetText(c.offset_minutes, ":"));
}

std::string FormatRfc1123InZone(Instant t, const Zone& zone) {
  const Civil c = ToCivil(t, zone);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} {}", kWeekdays[c.weekday],
                     static_cast<unsigned>(c.date.day()), kMonths[static_cast<unsigned>(c.date.month()) - 1],
                     static_cast<int>(c.date.year()), c.time.hours().count(), c.time.minutes().count(),
                     c.time.seconds().count(), OffsetText(c.offset_minutes, ""));
}

}  // namespace belfry::cron
