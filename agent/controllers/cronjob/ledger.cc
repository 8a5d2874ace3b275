// A slot is lost when a newer one takes its place, or when its deadline has passed; until then it is only
// late. What is lost is everything between the point up to which slots are accounted for and the slot that is
// due, so no slot is ever visited one by one: a minutely CronJob after a year of rest costs as much as after
// a minute.
#include "agent/controllers/cronjob/ledger.h"

#include <algorithm>

#include "agent/controllers/manifest_seconds.h"

namespace belfry::controllers {
namespace {

constexpr Duration kTick(1);

}  // namespace

std::string_view MissReasonName(MissReason reason) {
  switch (reason) {
    case MissReason::kDeadline:
      return "deadline";
    case MissReason::kConcurrency:
      return "concurrency";
    case MissReason::kSuspended:
      return "suspended";
    case MissReason::kAgentDown:
      return "agent_down";
    case MissReason::kClock:
      return "clock";
  }
  return "deadline";
}

SlotLedger::SlotLedger(const cron::Schedule& schedule, const cron::Zone& zone, const CronJobOptions& options,
                       SlotFacts facts)
    : schedule_(schedule), zone_(zone), options_(options), facts_(facts) {}

std::optional<Duration> SlotLedger::Deadline() const {
  std::optional<Duration> deadline;
  if (facts_.deadline) deadline = ManifestSeconds(*facts_.deadline);
  if (options_.catch_up == CatchUp::kNone) deadline = std::min(deadline.value_or(kPunctual), kPunctual);
  return deadline;
}

std::optional<Instant> SlotLedger::Newest(Instant low, Instant high) const {
  const auto newest = cron::Latest(schedule_, zone_, facts_.base, high, options_.clock_change);
  return newest && *newest > low ? newest : std::nullopt;
}

int64_t SlotLedger::CountIn(Instant low, Instant high) const {
  return cron::CountSlots(schedule_, zone_, facts_.base, low, high, options_.clock_change);
}

// The oldest of the newest `catch_up_limit` slots in (low, newest].
Instant SlotLedger::OldestToCatchUp(Instant newest, Instant low) const {
  Instant oldest = newest;
  for (int64_t i = 1; i < options_.catch_up_limit; ++i) {
    const auto older = Newest(low, oldest - kTick);
    if (!older) break;
    oldest = *older;
  }
  return oldest;
}

MissReason SlotLedger::ReasonFor(Instant newest, bool expired) const {
  if (facts_.suspended) return MissReason::kSuspended;
  if (expired) return MissReason::kDeadline;
  const auto& jump = facts_.clock_jump;
  return jump && jump->from < newest && newest <= jump->to ? MissReason::kClock : MissReason::kAgentDown;
}

void SlotLedger::WriteOff(Instant low, Instant high, bool expired, std::vector<SlotsMissed>& missed) const {
  // The run that held a slot may have ended with the slot's time, in this very instant.
  if (facts_.held_until && !facts_.suspended) {
    const Instant held = std::min(*facts_.held_until - options_.start_delay - kTick, high);
    Lose(low, held, MissReason::kConcurrency, missed);
    low = std::max(low, held);
  }
  if (const auto newest = Newest(low, high)) Lose(low, high, ReasonFor(*newest, expired), missed);
}

void SlotLedger::Lose(Instant low, Instant high, MissReason reason, std::vector<SlotsMissed>& missed) const {
  const auto newest = Newest(low, high);
  if (newest) missed.push_back({.newest = *newest, .count = CountIn(low, high), .reason = reason});
}

Result<SlotOutlook> SlotLedger::Look() const {
  const std::optional<Duration> deadline = Deadline();
  ASSIGN_OR_RETURN(
      const cron::DueAnswer answer,
      cron::FindDue(
          schedule_, zone_,
          {.base = facts_.base, .now = now(), .deadline = deadline, .rule = options_.clock_change}));
  SlotOutlook outlook{
      .due = answer.due, .due_expires = {}, .many = answer.many(), .missed = {}, .next = answer.next};
  if (outlook.next) *outlook.next += options_.start_delay;
  // Slots that a schedule would have had before it was written are nobody's loss.
  Instant accounted = std::max({facts_.base, facts_.accounted_until.value_or(facts_.base),
                                std::min(facts_.edited_at.value_or(facts_.base), now())});
  if (answer.expired && *answer.expired > accounted) {
    WriteOff(accounted, *answer.expired, true, outlook.missed);
    accounted = *answer.expired;
  }
  if (!outlook.due) return outlook;
  if (options_.catch_up == CatchUp::kAll) {
    outlook.due = OldestToCatchUp(*answer.due, std::min(accounted, *answer.due - kTick));
    outlook.more_due = *outlook.due < *answer.due;
  }
  WriteOff(accounted, *outlook.due - kTick, false, outlook.missed);
  if (deadline) outlook.due_expires = *outlook.due + options_.start_delay + *deadline;
  return outlook;
}

}  // namespace belfry::controllers
