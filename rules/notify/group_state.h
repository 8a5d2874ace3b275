// What a group of alerts has to tell, and when. Pure decisions.
// Source: Alertmanager's dispatcher and deduplication, measured (docs/notifications.md).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/time.h"
#include "rules/notify/notice.h"
#include "rules/notify/routing.h"

namespace belfry::notify {

struct Group {
  std::string key;
  size_t route = 0;  // of Routing
  model::Labels labels;
  std::set<Fingerprint> members;
  Instant next_flush;
  bool flushed = false;
  bool overdue = false;  // a flush fell due while a delivery was still on its way

  bool operator==(const Group&) const = default;
};

// What a receiver was last told of a group. Fingerprints are sorted.
struct SentEntry {
  Instant at;
  std::vector<Fingerprint> firing;
  std::vector<Fingerprint> resolved;

  bool operator==(const SentEntry&) const = default;
};

// The group as it is now. Fingerprints are sorted.
struct GroupView {
  std::vector<Fingerprint> firing;
  std::vector<Fingerprint> resolved;
};

enum class Telling {
  kNothing,
  kRecord,  // remember it as told without sending: all have resolved, and the receiver does not want to know
  kSend,
};

// Whether a receiver must be told: a firing alert it does not know, the end of all or (if `send_resolved`) of
// some, or `repeat_interval` since the last time.
Telling DecideTelling(const GroupView& view, const SentEntry* last, bool send_resolved,
                      Duration repeat_interval, Instant now);

// When a group that has just come to be is told of first: after group_wait, at once if its first alert is
// older than that. What was told before a restart counts: the next time is group_interval later.
Instant FirstFlush(const RouteNode& route, Instant first_start, const std::optional<Instant>& last_told,
                   Instant now);

// The flush after one at `now`. Also bounds `next` where the host's clock was set back.
Instant NextFlush(const RouteNode& route, Instant now);
Instant BoundFlush(const RouteNode& route, Instant next, Instant now);

// How long one flush may try: until the next, but 10 s at least.
Duration FlushDeadline(const RouteNode& route);

}  // namespace belfry::notify
