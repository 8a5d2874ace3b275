// What became of a CronJob's slots: facts for metrics, timelines and the simulation.
#pragma once

#include <functional>
#include <string_view>
#include <variant>

#include "agent/api/cronjob.h"

namespace belfry::controllers {

// Why a slot was never started.
enum class MissReason {
  kDeadline,     // startingDeadlineSeconds, or catch-up none
  kConcurrency,  // Forbid, until a newer slot took its place
  kSuspended,
  kAgentDown,  // nobody looked until a newer slot was due, or its Job could not be created
  kClock,      // the clock was set over it, or a zone's clock change skipped it
};
std::string_view MissReasonName(MissReason reason);  // "agent_down"

struct SlotStarted {
  Instant slot;
  std::string job;
  Duration delay{0};  // of the start after the slot

  bool operator==(const SlotStarted&) const = default;
};

// `count` slots up to and including `newest` will never be started.
struct SlotsMissed {
  Instant newest;
  int64_t count = 0;
  MissReason reason = MissReason::kDeadline;

  bool operator==(const SlotsMissed&) const = default;
};

// Forbid: the slot waits for the end of the Job that runs. Told at each look.
struct SlotHeld {
  Instant slot;

  bool operator==(const SlotHeld&) const = default;
};

// Replace: a Job was stopped for the slot.
struct JobReplaced {
  Instant slot;
  std::string job;

  bool operator==(const JobReplaced&) const = default;
};

using SlotRecord = std::variant<SlotStarted, SlotsMissed, SlotHeld, JobReplaced>;

// Hears of every decision about a slot, once it is carried out.
using SlotObserver = std::function<void(const api::CronJob& cronjob, const SlotRecord& record)>;

}  // namespace belfry::controllers
