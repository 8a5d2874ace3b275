#include "agent/cron/missed.h"

#include <algorithm>

namespace belfry::cron {
namespace {

// Longer ones make no difference, and would leave the range of instants.
constexpr Duration kLongestDeadline = hours(24 * 36'500);

// The first slot after `now`; an interval's slots stay whole intervals away from `base`.
std::optional<Instant> NextAfter(const Schedule& schedule, const Zone& zone, const DueQuestion& question) {
  const Instant after = std::max(question.base, question.now);
  if (!std::holds_alternative<Every>(schedule.rule)) return Next(schedule, zone, after, question.rule);
  const auto newest = Latest(schedule, zone, question.base, after, question.rule);
  return Next(schedule, zone, newest.value_or(question.base), question.rule);
}

// The end of what is too old to start: nothing at or before it may be.
Instant DeadlineCut(const DueQuestion& question) {
  if (!question.deadline) return question.base;
  return std::max(question.base, question.now - std::min(*question.deadline, kLongestDeadline));
}

}  // namespace

Result<DueAnswer> FindDue(const Schedule& schedule, const Zone& zone, const DueQuestion& question) {
  // The text is upstream's, whose search sees the same zero instant twice.
  if (!Next(schedule, zone, question.base, question.rule)) {
    return Error{Code::kInvalid, "time difference between two schedules is less than 1 second"};
  }
  DueAnswer answer{.due = {}, .open = 0, .expired = {}, .next = NextAfter(schedule, zone, question)};
  const auto newest = Latest(schedule, zone, question.base, question.now, question.rule);
  if (!newest) return answer;
  const Instant cut = DeadlineCut(question);
  if (*newest > cut) {
    answer.due = newest;
    answer.open = CountSlots(schedule, zone, question.base, cut, question.now, question.rule);
  }
  answer.expired = Latest(schedule, zone, question.base, cut, question.rule);
  return answer;
}

int64_t CountSlots(const Schedule& schedule, const Zone& zone, Instant base, Instant low, Instant high,
                   ClockChange rule) {
  if (high <= low) return 0;
  return Count(schedule, zone, base, high, rule) - Count(schedule, zone, base, low, rule);
}

}  // namespace belfry::cron
