// A change of the offset is a gap in civil time or a piece of it that comes twice. Read in a zone that keeps
// the old offset for ever, the schedule names the slots that people expect there.
#include "agent/simulation/clock_changes.h"

#include <fmt/core.h>

#include <optional>

namespace belfry::simulation {
namespace {

constexpr Duration kTick(1);
constexpr size_t kShownTimes = 3;

cron::Zone Fixed(seconds offset) {
  return {"", {cron::ZoneSpan{.begin = Instant::min(), .end = Instant::max(), .offset = offset}}};
}

std::string DateOf(Instant t, const cron::Zone& zone) { return cron::FormatInZone(t, zone).substr(0, 10); }
std::string TimeOf(Instant t, const cron::Zone& zone) { return cron::FormatInZone(t, zone).substr(11, 5); }

// "01:00, 01:20, 01:40 and 3 more": the slots in [begin, end).
std::string Times(const cron::Schedule& schedule, const cron::Zone& zone, Instant begin, Instant end) {
  std::string text;
  size_t shown = 0;
  Instant at = begin - kTick;
  for (; shown < kShownTimes; ++shown) {
    const auto next = cron::Next(schedule, zone, at);
    if (!next || *next >= end) return text;
    text += (shown == 0 ? "" : ", ") + TimeOf(*next, zone);
    at = *next;
  }
  const int64_t more = cron::Count(schedule, zone, at, end - kTick);
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

bool IsSeveral(const std::string& times) { return times.find(',') != std::string::npos; }

// Civil midnight before `t`.
Instant DayOf(Instant t, seconds offset) {
  return Instant(std::chrono::floor<std::chrono::days>(t.time_since_epoch() + offset)) - offset;
}

struct Change {
  Instant at;
  seconds before;
  seconds after;
};

std::string GapNote(const cron::Schedule& schedule, const cron::Zone& zone, cron::ClockChange rule,
                    const Change& change) {
  const cron::Zone old = Fixed(change.before);
  const Instant end = change.at + (change.after - change.before);
  if (cron::Count(schedule, old, change.at - kTick, end - kTick) == 0) return {};
  const std::string day = DateOf(change.at, old);
  const std::string times = Times(schedule, old, change.at, end);
  if (rule == cron::ClockChange::kVixie) {
    return fmt::format("runs at {} instead of {} on {}: the clock of {} is set forward",
                       TimeOf(change.at, zone), times, day, zone.name());
  }
  const Instant midnight = DayOf(change.at, change.before);
  const bool others = cron::Count(schedule, old, midnight - kTick, change.at - kTick) > 0 ||
                      cron::Count(schedule, old, end - kTick, midnight + hours(24) - kTick) > 0;
  return fmt::format("{} on {}: {} {} not exist in {}", others ? "runs less often" : "does not run", day,
                     times, IsSeveral(times) ? "do" : "does", zone.name());
}

std::string RepeatNote(const cron::Schedule& schedule, const cron::Zone& zone, cron::ClockChange rule,
                       const Change& change) {
  if (rule == cron::ClockChange::kVixie) return {};
  const cron::Zone old = Fixed(change.before);
  const Instant begin = change.at - (change.before - change.after);
  const int64_t repeated = cron::Count(schedule, old, begin - kTick, change.at - kTick);
  if (repeated == 0) return {};
  const std::string day = DateOf(begin, old);
  const Instant midnight = DayOf(begin, change.before);
  const bool once = cron::Count(schedule, old, midnight - kTick, midnight + hours(24) - kTick) == 1;
  const std::string times = Times(schedule, old, begin, change.at);
  return fmt::format("{} on {}: {} {} twice in {}", once ? "runs twice" : "runs more often", day, times,
                     IsSeveral(times) ? "come" : "comes", zone.name());
}

}  // namespace

std::vector<std::string> ClockChangeNotes(const cron::Schedule& schedule, const cron::Zone& zone,
                                          cron::ClockChange rule, Instant from, Instant to) {
  std::vector<std::string> notes;
  const auto* calendar = std::get_if<cron::Calendar>(&schedule.rule);
  if (calendar == nullptr || calendar->any_hour) return notes;
  for (const cron::ZoneSpan* span = &zone.At(from); span->end < to; span = &zone.At(span->end)) {
    const Change change{span->end, span->offset, zone.At(span->end).offset};
    if (change.before == change.after) continue;
    std::string note = change.after > change.before ? GapNote(schedule, zone, rule, change)
                                                    : RepeatNote(schedule, zone, rule, change);
    if (!note.empty()) notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace belfry::simulation
