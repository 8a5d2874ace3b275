// What a simulation tells: one line of the timeline.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"
#include "exporters/model/labels.h"

namespace belfry::simulation {

enum class EventKind {
  kStarted,
  kHeld,      // Forbid: the slot waits for the run before it
  kSkipped,   // Forbid: a newer slot has taken the place of one that was held
  kMissed,    // lost for another reason
  kReplaced,  // Replace: the run was stopped for a newer slot
  kRetried,   // pods of the run failed, and more are to come
  kSucceeded,
  kFailed,
  kAlertPending,
  kAlertFiring,
  kAlertResolved,
  kAlertCleared,  // it was pending and never fired
};
std::string_view EventKindName(EventKind kind);  // "started", "alert-firing"

struct Event {
  Instant at;
  EventKind kind = EventKind::kStarted;
  // Of runs. Empty: it does not concern one.
  std::string ns;
  std::string cronjob;
  std::string job;              // held: the one that still runs
  std::optional<Instant> slot;  // the scheduled instant that was started, held, skipped, missed
  int64_t count = 1;            // skipped and missed: how many slots, `slot` being the newest
  std::string reason;           // missed: "deadline"; failed: "BackoffLimitExceeded"
  std::string message;
  // started: how late; succeeded and failed: how long it ran; alert-resolved: how long it fired.
  std::optional<Duration> took;
  // Of alerts.
  std::string alert;
  model::Labels labels;  // without alertname

  bool operator==(const Event&) const = default;
};

inline bool IsAlert(EventKind kind) { return kind >= EventKind::kAlertPending; }

using EventSink = std::function<void(const Event&)>;

}  // namespace belfry::simulation
