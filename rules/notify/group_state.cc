#include "rules/notify/group_state.h"

#include <algorithm>

namespace belfry::notify {
namespace {

constexpr Duration kLeastDeadline = seconds(10);

bool Includes(const std::vector<Fingerprint>& all, const std::vector<Fingerprint>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

Telling DecideTelling(const GroupView& view, const SentEntry* last, bool send_resolved,
                      Duration repeat_interval, Instant now) {
  if (last == nullptr) return view.firing.empty() ? Telling::kNothing : Telling::kSend;
  if (view.firing.empty()) {
    if (last->firing.empty()) return Telling::kNothing;
    return send_resolved ? Telling::kSend : Telling::kRecord;
  }
  const bool more_firing = !Includes(last->firing, view.firing);
  const bool more_resolved = send_resolved && !Includes(last->resolved, view.resolved);
  const bool repeat = last->at + repeat_interval <= now;
  return more_firing || more_resolved || repeat ? Telling::kSend : Telling::kNothing;
}

Instant FirstFlush(const RouteNode& route, Instant first_start, const std::optional<Instant>& last_told,
                   Instant now) {
  if (last_told) return BoundFlush(route, std::max(*last_told + route.group_interval, now), now);
  return first_start + route.group_wait <= now ? now : now + route.group_wait;
}

Instant NextFlush(const RouteNode& route, Instant now) { return now + route.group_interval; }

Instant BoundFlush(const RouteNode& route, Instant next, Instant now) {
  return std::min(next, now + std::max(route.group_interval, route.group_wait));
}

Duration FlushDeadline(const RouteNode& route) { return std::max(route.group_interval, kLeastDeadline); }

}  // namespace belfry::notify
