#include "agent/controllers/cronjob/decide.h"

#include <algorithm>

#include "agent/controllers/cronjob/active.h"
#include "agent/controllers/cronjob/history.h"
#include "agent/controllers/cronjob/job_template.h"
#include "agent/controllers/cronjob/ledger.h"
#include "agent/controllers/cronjob/notes.h"
#include "agent/controllers/cronjob/options.h"
#include "agent/cron/expression.h"
#include "agent/cron/missed.h"

namespace belfry::controllers {
namespace {

// A schedule that was stored before the zone prefix was refused still counts.
Result<cron::Schedule> ReadSchedule(const api::CronJobSpec& spec) {
  ASSIGN_OR_RETURN(cron::Schedule schedule, cron::Parse(spec.schedule, cron::Profile::kSpark));
  if (!schedule.time_zone.empty() && spec.time_zone) {
    return Error{Code::kInvalid, "cannot use both timeZone field and TZ or CRON_TZ in schedule"};
  }
  return schedule;
}

bool Forbids(const api::CronJobSpec& spec) { return spec.concurrency_policy == "Forbid"; }
bool Replaces(const api::CronJobSpec& spec) { return spec.concurrency_policy == "Replace"; }

// One pass over one CronJob; each step adds to the decision.
class Pass {
 public:
  Pass(const api::CronJob& cronjob, const CronJobObserved& observed, Instant now)
      : cronjob_(cronjob), observed_(observed), now_(now) {
    decision_.status = cronjob.status;
  }

  CronJobDecision Run() {
    CleanUp();
    busy_until_ = BusyUntil(observed_.jobs, cronjob_.status, now_);
    UpdateActive(observed_.jobs, decision_.status, decision_.events);
    if (!cronjob_.metadata.deletion_timestamp && CheckZone()) Schedule();
    return std::move(decision_);
  }

 private:
  void CleanUp() {
    for (const auto& job : JobsBeyondHistory(cronjob_.spec, observed_.jobs))
      Delete(job->metadata.name, job->metadata.uid);
  }

  void Delete(const std::string& name, const std::string& uid) {
    decision_.deletions.push_back({.name = name, .uid = uid});
  }

  bool CheckZone() {
    if (observed_.zone.ok()) return true;
    Note(UnknownTimeZone(ZoneNameOf(cronjob_.spec), observed_.zone.error()));
    return false;
  }

  bool suspended() const { return cronjob_.spec.suspend.value_or(false); }

  void Schedule() {
    const auto schedule = ReadSchedule(cronjob_.spec);
    if (!schedule) return NoteUnlessSuspended(UnparseableSchedule(cronjob_.spec.schedule, schedule.error()));
    if (!schedule->time_zone.empty()) NoteUnlessSuspended(UnsupportedSchedule(cronjob_.spec.schedule));
    std::vector<EventNote> refused;
    const CronJobOptions options = ReadOptions(cronjob_.metadata, refused);
    for (const EventNote& note : refused) NoteUnlessSuspended(note);
    const SlotLedger ledger(*schedule, *observed_.zone, options, LedgerFacts());
    const auto slots = ledger.Look();
    if (!slots) return NoteUnlessSuspended(InvalidSchedule(cronjob_.spec.schedule, slots.error()));
    LookAgainAt(slots->next);
    WriteOff(*slots);
    if (options.clock_change == cron::ClockChange::kKubernetes) NoteSkip(*schedule, *slots);
    if (!slots->due) return;
    if (suspended()) return LookAgainAt(slots->due_expires);
    if (slots->many) Note(TooManyMissedTimes());
    Start(*schedule, *slots, options);
  }

  // A time of day that the clock never showed is no slot, but its owner waits for it all the same.
  void NoteSkip(const cron::Schedule& schedule, const SlotOutlook& slots) {
    if (suspended()) return;
    const SlotFacts facts = LedgerFacts();
    const Instant told = std::max(
        {facts.base, facts.accounted_until.value_or(facts.base), observed_.edited_at.value_or(facts.base)});
    const auto skip = told < now_ ? cron::LastSkip(schedule, *observed_.zone, told, now_) : std::nullopt;
    // A slot from before the change that still waits is accounted for first.
    if (skip && (!slots.due || *slots.due > *skip)) {
      decision_.slots.push_back(SlotsMissed{.newest = *skip, .count = 1, .reason = MissReason::kClock});
      decision_.status.accounted_until = *skip;
      Note(SkippedSchedule(*skip, *observed_.zone));
    }
    if (slots.next) LookAgainAt(cron::FirstSkip(schedule, *observed_.zone, now_, *slots.next));
  }

  SlotFacts LedgerFacts() const {
    return {.base = decision_.status.last_schedule_time.value_or(
                cronjob_.metadata.creation_timestamp.value_or(now_)),
            .accounted_until = decision_.status.accounted_until,
            .edited_at = observed_.edited_at,
            .clock_jump = observed_.clock_jump,
            .deadline = cronjob_.spec.starting_deadline_seconds,
            .suspended = suspended(),
            .held_until = HeldUntil(),
            .now = now_};
  }

  bool held() const { return Forbids(cronjob_.spec) && !decision_.status.active.empty(); }

  std::optional<Instant> HeldUntil() const {
    if (held()) return Instant::max();
    return Forbids(cronjob_.spec) ? busy_until_ : std::nullopt;
  }

  // Slots that are lost are said to be so once: status remembers how far.
  void WriteOff(const SlotOutlook& slots) {
    for (const SlotsMissed& missed : slots.missed) {
      decision_.slots.push_back(missed);
      decision_.status.accounted_until = missed.newest;
      if (const auto cause = CauseText(missed.reason)) {
        Note(MissSchedule(missed.newest, *observed_.zone, missed.count, *cause));
      }
    }
  }

  // Nothing for reasons that the owner has chosen, or is told of as they happen.
  static std::optional<std::string_view> CauseText(MissReason reason) {
    switch (reason) {
      case MissReason::kDeadline:
        return "";
      case MissReason::kAgentDown:
        return "not started before the next one was due";
      case MissReason::kClock:
        return "the clock was set over it";
      case MissReason::kConcurrency:
      case MissReason::kSuspended:
        break;
    }
    return std::nullopt;
  }

  void Start(const cron::Schedule& schedule, const SlotOutlook& slots, const CronJobOptions& options) {
    if (IsDone(schedule, *slots.due)) return Account(*slots.due);
    if (held()) {
      Note(JobAlreadyActive());
      decision_.slots.push_back(SlotHeld{*slots.due});
      LookAgainAt(slots.due_expires);
      return;
    }
    if (Replaces(cronjob_.spec)) ReplaceActive(*slots.due);
    decision_.create = JobFor(cronjob_, schedule, *slots.due, *observed_.zone);
    decision_.slots.push_back(
        SlotStarted{.slot = *slots.due, .job = decision_.create->metadata.name, .delay = now_ - *slots.due});
    NoteOddStart(schedule, *slots.due, options);
    Account(*slots.due);
    decision_.look.again = slots.more_due;
  }

  void NoteOddStart(const cron::Schedule& schedule, Instant slot, const CronJobOptions& options) {
    const std::string& job = decision_.create->metadata.name;
    const Duration delay = now_ - slot - options.start_delay;
    if (delay >= kPunctual) Note(LateStart(job, slot, *observed_.zone, delay));
    if (cron::IsRepeated(schedule, *observed_.zone, slot)) Note(RepeatedSchedule(job, slot, *observed_.zone));
  }

  // The slot's Job is there although lastScheduleTime does not say so: made by hand or by a backfill.
  bool IsDone(const cron::Schedule& schedule, Instant slot) {
    const std::string name = JobNameFor(cronjob_.metadata.name, schedule, slot);
    const auto it =
        std::ranges::find(observed_.jobs, name, [](const auto& job) { return job->metadata.name; });
    if (it == observed_.jobs.end()) return false;
    const api::Job& job = **it;
    if (!api::IsFinished(job) && !IsActive(decision_.status, job.metadata.uid)) {
      decision_.status.active.push_back(api::ReferenceTo(job));
    }
    return true;
  }

  void Account(Instant slot) {
    decision_.status.last_schedule_time = slot;
    decision_.status.accounted_until.reset();
  }

  // Deleted without waiting for the end of the processes, as upstream does.
  void ReplaceActive(Instant slot) {
    for (const api::ObjectReference& active : decision_.status.active) {
      Delete(active.name, active.uid);
      decision_.slots.push_back(JobReplaced{.slot = slot, .job = active.name});
    }
    decision_.status.active.clear();
  }

  void LookAgainAt(std::optional<Instant> when) {
    if (!when) return;
    decision_.look.at = std::min(decision_.look.at.value_or(*when), *when);
  }

  void Note(EventNote note) { decision_.events.push_back(std::move(note)); }
  // A suspended CronJob is not judged; its slots are only counted.
  void NoteUnlessSuspended(EventNote note) {
    if (!suspended()) Note(std::move(note));
  }

  const api::CronJob& cronjob_;
  const CronJobObserved& observed_;
  const Instant now_;
  CronJobDecision decision_;
  std::optional<Instant> busy_until_;
};

}  // namespace

std::string ZoneNameOf(const api::CronJobSpec& spec) {
  if (spec.time_zone) return *spec.time_zone;
  const auto schedule = cron::Parse(spec.schedule, cron::Profile::kSpark);
  return schedule.ok() ? schedule->time_zone : std::string();
}

CronJobDecision DecideCronJob(const api::CronJob& cronjob, const CronJobObserved& observed, Instant now) {
  return Pass(cronjob, observed, now).Run();
}

}  // namespace belfry::controllers
