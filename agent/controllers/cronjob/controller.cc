#include "agent/controllers/cronjob/controller.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/base/log.h"
#include "agent/controllers/cronjob/notes.h"
#include "agent/controllers/deletion.h"

namespace belfry::controllers {
namespace {

bool HasOtherSchedule(const api::CronJob& a, const api::CronJob& b) {
  return a.spec.schedule != b.spec.schedule || a.spec.time_zone != b.spec.time_zone;
}

// Our own writes of status come back as changes; they say nothing new. An undone one does: it shows an older
// version.
bool IsStatusOnly(const api::CronJob& before, const api::CronJob& after) {
  return before.metadata.resource_version < after.metadata.resource_version &&
         before.status != after.status && before.spec == after.spec &&
         before.metadata.annotations == after.metadata.annotations &&
         before.metadata.deletion_timestamp == after.metadata.deletion_timestamp;
}

// The slot was not started, and asking again at once would change nothing. What was written off before it is
// lost all the same.
void LoseSlot(const api::CronJob& cronjob, CronJobDecision& decision) {
  decision.status.last_schedule_time = cronjob.status.last_schedule_time;
  decision.status.accounted_until = cronjob.status.accounted_until;
  for (const SlotRecord& record : decision.slots) {
    if (const auto* missed = std::get_if<SlotsMissed>(&record))
      decision.status.accounted_until = missed->newest;
  }
  std::erase_if(decision.slots,
                [](const SlotRecord& record) { return std::holds_alternative<SlotStarted>(record); });
  decision.look.again = false;
}

// Somebody else's Job has the slot's name, or the CronJob makes Jobs that make no sense.
bool IsLasting(const Error& error) {
  return error.code == Code::kAlreadyExists || error.code == Code::kInvalid;
}

}  // namespace

CronJobController::CronJobController(store::Store& store, EventLoop& loop, SlotObserver observer,
                                     cron::ZoneDatabase zones)
    : store_(store),
      loop_(loop),
      observer_(std::move(observer)),
      recorder_(store, loop, "cronjob-controller"),
      zones_(loop, std::move(zones),
             [this](const std::vector<std::string>& names) { OnZonesChanged(names); }),
      alive_(std::make_shared<bool>(true)) {}

CronJobController::~CronJobController() { *alive_ = false; }

void CronJobController::Start(Enqueue enqueue) {
  enqueue_ = std::move(enqueue);
  loop_.OnClockJump([this, alive = alive_](Duration by) {
    if (*alive) OnClockJump(by);
  });
}

void CronJobController::OnClockJump(Duration by) {
  LogWarn("controllers", "the clock was set", {{"by", FormatDuration(by)}});
  const Instant now = loop_.Now();
  if (by > Duration(0)) clock_jump_ = ClockJump{.from = now - by, .to = now};
  store_.Visit(api::Kind::kCronJob, {},
               [&](const api::Object& object) { enqueue_(api::KeyOf(object), Duration(0)); });
}

// New rules of a zone are an edit of the schedules in it: slots that they put into the past are nobody's
// loss.
void CronJobController::OnZonesChanged(const std::vector<std::string>& names) {
  store_.Visit(api::Kind::kCronJob, {}, [&](const api::Object& object) {
    const auto cronjob = api::As<api::CronJob>(object);
    if (std::ranges::find(names, ZoneNameOf(cronjob->spec)) == names.end()) return;
    edited_at_[cronjob->metadata.uid] = loop_.Now();
    enqueue_(api::KeyOf(object), Duration(0));
  });
}

void CronJobController::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (change.key.kind == api::Kind::kCronJob) return OnCronJobChange(change, enqueue);
  if (change.key.kind != api::Kind::kJob) return;
  for (const auto& object : {change.before, change.after}) {
    if (!object) continue;
    const api::OwnerReference* owner = api::ControllerOf(api::MetaOf(*object));
    if (owner != nullptr && owner->kind == api::KindName(api::Kind::kCronJob)) {
      enqueue({api::Kind::kCronJob, change.key.ns, owner->name}, Duration(0));
    }
  }
}

void CronJobController::OnCronJobChange(const store::Change& change, const Enqueue& enqueue) {
  const auto before = change.before ? api::As<api::CronJob>(*change.before) : nullptr;
  const auto after = change.after ? api::As<api::CronJob>(*change.after) : nullptr;
  if (after == nullptr) {
    if (before != nullptr) edited_at_.erase(before->metadata.uid);
    return;
  }
  if (before != nullptr && HasOtherSchedule(*before, *after)) edited_at_[after->metadata.uid] = loop_.Now();
  if (before != nullptr && IsStatusOnly(*before, *after)) return;
  enqueue(change.key, Duration(0));
}

Result<Look> CronJobController::Reconcile(const api::Key& key) {
  const auto cronjob = store_.Get<api::CronJob>(key.ns, key.name);
  if (cronjob == nullptr) return Look{};
  const Instant now = loop_.Now();
  CronJobDecision decision = DecideCronJob(*cronjob, Observe(*cronjob), now);
  return Apply(*cronjob, std::move(decision), now);
}

CronJobObserved CronJobController::Observe(const api::CronJob& cronjob) {
  const auto edited = edited_at_.find(cronjob.metadata.uid);
  return {.jobs = store_.ListControlledBy<api::Job>(cronjob.metadata.uid),
          .zone = zones_.Get(ZoneNameOf(cronjob.spec)),
          .edited_at = edited == edited_at_.end() ? std::nullopt : std::optional(edited->second),
          .clock_jump = clock_jump_};
}

Result<Look> CronJobController::Apply(const api::CronJob& cronjob, CronJobDecision decision, Instant now) {
  for (const EventNote& note : decision.events) recorder_.Record(cronjob, note);
  for (const JobDeletion& deletion : decision.deletions) RETURN_IF_ERROR(Delete(cronjob, deletion, now));
  if (decision.create) {
    const auto created = Create(cronjob, *std::move(decision.create), decision.status);
    if (!created && !IsLasting(created.error())) return created.error();
    if (!created) LoseSlot(cronjob, decision);
  }
  // The Job and the status that knows of it become durable in one transaction: no crash comes between them.
  api::CronJob updated = cronjob;
  updated.status = std::move(decision.status);
  RETURN_IF_ERROR(store_.Update(std::move(updated)));
  Report(cronjob, std::move(decision.slots));
  return decision.look;
}

Result<void> CronJobController::Delete(const api::CronJob& cronjob, const JobDeletion& deletion,
                                       Instant now) {
  const auto deleted = RequestDeletion(store_, {api::Kind::kJob, cronjob.metadata.ns, deletion.name},
                                       {.propagation = Propagation::kBackground, .uid = deletion.uid}, now);
  if (!deleted && deleted.error().code != Code::kNotFound) {
    recorder_.Record(cronjob, FailedDelete(deleted.error()));
    return deleted.error();
  }
  recorder_.Record(cronjob, SuccessfulDelete(deletion.name));
  return {};
}

Result<api::Ptr<api::Job>> CronJobController::Submit(api::Job job) {
  if (admission_) RETURN_IF_ERROR(admission_(job));
  return store_.Create(std::move(job));
}

Result<void> CronJobController::Create(const api::CronJob& cronjob, api::Job job,
                                       api::CronJobStatus& status) {
  const auto created = Submit(std::move(job));
  if (!created) {
    recorder_.Record(cronjob, FailedCreate(created.error()));
    return created.error();
  }
  status.active.push_back(api::ReferenceTo(**created));
  recorder_.Record(cronjob, SuccessfulCreate((*created)->metadata.name));
  return {};
}

void CronJobController::Report(const api::CronJob& cronjob, std::vector<SlotRecord> slots) {
  if (!observer_ || slots.empty()) return;
  store_.AfterCommit(
      [this, alive = alive_, about = cronjob, slots = std::move(slots)](const Result<void>& written) {
        if (!*alive || !written) return;
        for (const SlotRecord& record : slots) observer_(about, record);
      });
}

}  // namespace belfry::controllers
