// Which slot of a CronJob is next to start, and which ones are lost: each slot is started or written off, and
// written off once.
#pragma once

#include <optional>
#include <vector>

#include "agent/base/result.h"
#include "agent/controllers/cronjob/decide.h"
#include "agent/controllers/cronjob/options.h"
#include "agent/controllers/cronjob/slot.h"
#include "agent/cron/missed.h"

namespace belfry::controllers {

struct SlotFacts {
  Instant base;                            // the newest slot started, else the creation
  std::optional<Instant> accounted_until;  // written off up to here
  std::optional<Instant> edited_at;
  std::optional<ClockJump> clock_jump;
  std::optional<int64_t> deadline;  // startingDeadlineSeconds
  bool suspended = false;
  std::optional<Instant> held_until;  // Forbid: no slot that came due before then could start when it did
  Instant now;
};

struct SlotOutlook {
  std::optional<Instant> due;          // to be started, or held
  std::optional<Instant> due_expires;  // when the deadline takes it away
  bool more_due = false;               // further slots are due after it (catch-up all)
  bool many = false;                   // worth a warning
  std::vector<SlotsMissed> missed;     // newly lost, oldest first
  std::optional<Instant> next;         // when the next slot is to be looked at
};

class SlotLedger {
 public:
  // Requires: schedule and zone outlive the ledger.
  SlotLedger(const cron::Schedule& schedule, const cron::Zone& zone, const CronJobOptions& options,
             SlotFacts facts);

  // Errors: kInvalid if the schedule has no slot after the base at all.
  Result<SlotOutlook> Look() const;

 private:
  Instant now() const { return facts_.now - options_.start_delay; }
  std::optional<Duration> Deadline() const;
  std::optional<Instant> Newest(Instant low, Instant high) const;
  int64_t CountIn(Instant low, Instant high) const;
  Instant OldestToCatchUp(Instant newest, Instant low) const;
  void WriteOff(Instant low, Instant high, bool expired, std::vector<SlotsMissed>& missed) const;
  void Lose(Instant low, Instant high, MissReason reason, std::vector<SlotsMissed>& missed) const;
  MissReason ReasonFor(Instant newest, bool expired) const;

  const cron::Schedule& schedule_;
  const cron::Zone& zone_;
  CronJobOptions options_;
  SlotFacts facts_;
};

}  // namespace belfry::controllers
