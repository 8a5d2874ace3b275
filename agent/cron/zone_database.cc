// The only file that knows the date library's time zones: it copies what the library reads from the system's
// tz database into our own value, so that no caller waits for its header or is exposed to its exceptions.
#include <date/tz.h>
#include <fmt/core.h>

#include <algorithm>
#include <exception>

#include "agent/cron/zone.h"

namespace belfry::cron {
namespace {

using SysSeconds = std::chrono::sys_seconds;

constexpr SysSeconds kFirst = std::chrono::ceil<seconds>(Instant::min());
constexpr SysSeconds kLast = std::chrono::floor<seconds>(Instant::max());

Zone Copy(const date::time_zone& source, std::string name) {
  std::vector<ZoneSpan> spans;
  SysSeconds at = kFirst;
  while (true) {
    const date::sys_info info = source.get_info(at);
    const bool last = info.end > kLast;
    const Instant begin = spans.empty() ? Instant::min() : Instant(at);
    const Instant end = last ? Instant::max() : Instant(info.end);
    if (!spans.empty() && spans.back().offset == info.offset) {
      spans.back().end = end;  // only the abbreviation changed
    } else {
      spans.push_back({.begin = begin, .end = end, .offset = info.offset});
    }
    if (last) return {std::move(name), std::move(spans)};
    at = info.end;
  }
}

}  // namespace

Result<Zone> LoadZone(std::string_view name) {
  try {
    return Copy(*date::locate_zone(name), std::string(name));
  } catch (const std::exception&) {
    return Error{Code::kInvalid, fmt::format("unknown time zone {}", name)};
  }
}

Result<Zone> LoadLocalZone() {
  try {
    const date::time_zone* zone = date::current_zone();
    return Copy(*zone, zone->name());
  } catch (const std::exception& e) {
    return Error{Code::kUnavailable, fmt::format("find the host's time zone: {}", e.what())};
  }
}

}  // namespace belfry::cron
