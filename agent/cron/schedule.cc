// Every zone is a row of spans of constant offset. Inside a span civil time runs evenly, so the search there
// is on civil minutes alone; a minute found beyond the span's end is a skipped one, and the next span's
// search begins at its own first civil minute, which is how repeated hours run twice. Clock changes need no
// case of their own.
#include "agent/cron/schedule.h"

#include <algorithm>

#include "agent/cron/calendar.h"

namespace belfry::cron {
namespace {

// Upstream gives up at the end of the fifth year.
constexpr int kSearchYears = 5;
constexpr Duration kTick(1);
// From one end of what zones may be to the other.
constexpr Duration kLongestStep = 2 * kLargestOffset;

LocalTime ToLocal(Instant t, seconds offset) {
  return LocalTime(std::chrono::ceil<seconds>(t).time_since_epoch() + offset);
}

// Nothing where nanoseconds since 1970 do not reach.
std::optional<Instant> FromLocal(LocalTime t, seconds offset) {
  const seconds utc = t.time_since_epoch() - offset;
  if (utc > std::chrono::floor<seconds>(Duration::max()) ||
      utc < std::chrono::ceil<seconds>(Duration::min())) {
    return std::nullopt;
  }
  return Instant(utc);
}

// What of a span is searched: [begin, end), and perhaps a slot made up at its begin for one that the clock
// skipped.
struct Window {
  ZoneSpan span;
  Instant search_from;
  bool made_up_slot = false;
};

Window WindowOf(const Calendar& calendar, const Zone& zone, const ZoneSpan& span, ClockChange rule) {
  Window window{.span = span, .search_from = span.begin};
  if (rule == ClockChange::kKubernetes || calendar.any_hour || span.begin == Instant::min()) return window;
  const ZoneSpan& before = zone.At(span.begin - kTick);
  const seconds forward = span.offset - before.offset;
  const LocalTime old_clock = ToLocal(span.begin, before.offset);
  const LocalTime new_clock = ToLocal(span.begin, span.offset);
  if (forward > seconds(0)) {
    // A slot at the gap's far end runs anyway, and once is enough.
    const auto at_end = FirstAtOrAfter(calendar, new_clock, YearOf(new_clock));
    window.made_up_slot = LastBefore(calendar, old_clock, new_clock).has_value() && at_end != new_clock;
  } else {
    window.search_from = std::min(span.end, span.begin - forward);
  }
  return window;
}

// The last slot of the window in [from, before).
std::optional<Instant> LastIn(const Calendar& calendar, const Window& window, Instant from, Instant before) {
  const seconds offset = window.span.offset;
  const LocalTime low = ToLocal(std::max(from, window.search_from), offset);
  if (const auto local = LastBefore(calendar, low, ToLocal(before, offset))) return FromLocal(*local, offset);
  if (window.made_up_slot && from <= window.span.begin && window.span.begin < before)
    return window.span.begin;
  return std::nullopt;
}

int64_t CountIn(const Calendar& calendar, const Window& window, Instant from, Instant before) {
  const seconds offset = window.span.offset;
  const LocalTime low = ToLocal(std::max(from, window.search_from), offset);
  const bool made_up = window.made_up_slot && from <= window.span.begin && window.span.begin < before;
  return CountBetween(calendar, low, ToLocal(before, offset)) + (made_up ? 1 : 0);
}

std::optional<Instant> NextOf(const Calendar& calendar, const Zone& zone, Instant after, ClockChange rule) {
  const Instant from = after + kTick;
  ZoneSpan span = zone.At(from);
  const int last_year = calendar.years ? kLastYear : YearOf(ToLocal(from, span.offset)) + kSearchYears;
  for (bool first = true;; first = false) {
    const Window window = WindowOf(calendar, zone, span, rule);
    if (window.made_up_slot && from <= span.begin) return span.begin;
    const auto local =
        FirstAtOrAfter(calendar, ToLocal(std::max(from, window.search_from), span.offset), last_year);
    const auto t = local ? FromLocal(*local, span.offset) : std::nullopt;
    if (t && *t < span.end) return t;
    if (span.end == Instant::max()) return std::nullopt;
    // The span after the first may show again what was before `from`. Apart from that nothing before the
    // minute found fits, however often it is shown, and most spans can be passed over.
    if (!first && !t) return std::nullopt;
    span = zone.At(first ? span.end : std::max(span.end, *t - kLongestStep));
  }
}

std::optional<Instant> LatestOf(const Calendar& calendar, const Zone& zone, Instant after, Instant until,
                                ClockChange rule) {
  const Instant from = after + kTick;
  Instant before = until + kTick;
  while (from < before) {
    const ZoneSpan& span = zone.At(before - kTick);
    const Window window = WindowOf(calendar, zone, span, rule);
    if (const auto t = LastIn(calendar, window, from, before)) return t;
    before = span.begin;
  }
  return std::nullopt;
}

int64_t CountOf(const Calendar& calendar, const Zone& zone, Instant after, Instant until, ClockChange rule) {
  Instant from = after + kTick;
  const Instant end = until + kTick;
  int64_t count = 0;
  while (from < end) {
    const ZoneSpan& span = zone.At(from);
    const Instant before = std::min(span.end, end);
    count += CountIn(calendar, WindowOf(calendar, zone, span, rule), from, before);
    from = before;
  }
  return count;
}

// Upstream adds the interval to the whole second.
std::optional<Instant> NextOf(const Every& every, Instant after) {
  const Instant base = TruncateToSeconds(after);
  if (every.interval > Instant::max() - base) return std::nullopt;
  return base + every.interval;
}

int64_t CountOf(const Every& every, Instant after, Instant until) {
  return until <= after ? 0 : (until - TruncateToSeconds(after)) / every.interval;
}

}  // namespace

std::optional<Instant> Next(const Schedule& schedule, const Zone& zone, Instant after, ClockChange rule) {
  if (after == Instant::max()) return std::nullopt;
  if (const auto* every = std::get_if<Every>(&schedule.rule)) return NextOf(*every, after);
  return NextOf(std::get<Calendar>(schedule.rule), zone, after, rule);
}

std::optional<Instant> Latest(const Schedule& schedule, const Zone& zone, Instant after, Instant until,
                              ClockChange rule) {
  if (until <= after || until == Instant::max()) return std::nullopt;
  if (const auto* every = std::get_if<Every>(&schedule.rule)) {
    const int64_t count = CountOf(*every, after, until);
    if (count == 0) return std::nullopt;
    return TruncateToSeconds(after) + count * every->interval;
  }
  return LatestOf(std::get<Calendar>(schedule.rule), zone, after, until, rule);
}

int64_t Count(const Schedule& schedule, const Zone& zone, Instant after, Instant until, ClockChange rule) {
  if (until <= after || until == Instant::max()) return 0;
  if (const auto* every = std::get_if<Every>(&schedule.rule)) return CountOf(*every, after, until);
  return CountOf(std::get<Calendar>(schedule.rule), zone, after, until, rule);
}

std::optional<Instant> FirstSkip(const Schedule& schedule, const Zone& zone, Instant after, Instant until) {
  const auto* calendar = std::get_if<Calendar>(&schedule.rule);
  if (calendar == nullptr) return std::nullopt;
  for (Instant at = zone.At(after).end; at <= until && at != Instant::max(); at = zone.At(at).end) {
    if (WindowOf(*calendar, zone, zone.At(at), ClockChange::kVixie).made_up_slot) return at;
  }
  return std::nullopt;
}

std::optional<Instant> LastSkip(const Schedule& schedule, const Zone& zone, Instant after, Instant until) {
  const auto* calendar = std::get_if<Calendar>(&schedule.rule);
  if (calendar == nullptr) return std::nullopt;
  for (Instant at = zone.At(until).begin; at > after; at = zone.At(at - kTick).begin) {
    if (WindowOf(*calendar, zone, zone.At(at), ClockChange::kVixie).made_up_slot) return at;
  }
  return std::nullopt;
}

bool IsRepeated(const Schedule& schedule, const Zone& zone, Instant slot) {
  const auto* calendar = std::get_if<Calendar>(&schedule.rule);
  if (calendar == nullptr || calendar->any_hour) return false;
  const ZoneSpan& span = zone.At(slot);
  if (span.begin == Instant::min()) return false;
  return slot - span.begin < zone.At(span.begin - kTick).offset - span.offset;
}

}  // namespace belfry::cron
