#include "agent/controllers/cronjob/backfill.h"

#include <fmt/core.h>

#include <utility>

#include "agent/controllers/cronjob/job_template.h"
#include "agent/controllers/cronjob/options.h"
#include "agent/cron/expression.h"

namespace belfry::controllers {
namespace {

constexpr Duration kTick(1);

// `@every` counts from the newest run; backwards from there its slots are as far apart.
std::vector<Instant> IntervalSlots(const api::CronJob& cronjob, Duration interval, Instant from, Instant to) {
  const Instant base = TruncateToSeconds(
      cronjob.status.last_schedule_time.value_or(cronjob.metadata.creation_timestamp.value_or(from)));
  int64_t steps = (from - base) / interval;
  while (base + steps * interval < from) ++steps;
  while (base + (steps - 1) * interval >= from) --steps;
  std::vector<Instant> slots;
  for (Instant at = base + steps * interval; at <= to && slots.size() <= kMostBackfillSlots; at += interval)
    slots.push_back(at);
  return slots;
}

std::vector<Instant> SlotsBetween(const api::CronJob& cronjob, const cron::Schedule& schedule,
                                  const cron::Zone& zone, Instant from, Instant to) {
  if (const auto* every = std::get_if<cron::Every>(&schedule.rule))
    return IntervalSlots(cronjob, every->interval, from, to);
  std::vector<EventNote> ignored;
  const cron::ClockChange rule = ReadOptions(cronjob.metadata, ignored).clock_change;
  std::vector<Instant> slots;
  for (auto at = cron::Next(schedule, zone, from - kTick, rule);
       at && *at <= to && slots.size() <= kMostBackfillSlots; at = cron::Next(schedule, zone, *at, rule)) {
    slots.push_back(*at);
  }
  return slots;
}

}  // namespace

bool IsBackfill(const api::Job& job) { return job.metadata.annotations.contains(api::kBackfillAnnotation); }

Result<std::vector<api::Job>> BackfillJobs(const api::CronJob& cronjob, const cron::Zone& zone, Instant from,
                                           Instant to) {
  ASSIGN_OR_RETURN(const cron::Schedule schedule, cron::Parse(cronjob.spec.schedule, cron::Profile::kSpark));
  const std::vector<Instant> slots = SlotsBetween(cronjob, schedule, zone, from, to);
  if (slots.size() > kMostBackfillSlots) {
    return Error{Code::kTooLarge, fmt::format("more than {} slots; name a shorter time", kMostBackfillSlots)};
  }
  std::vector<api::Job> jobs;
  for (const Instant slot : slots) {
    api::Job job = JobFor(cronjob, schedule, slot, zone);
    job.metadata.annotations[std::string(api::kBackfillAnnotation)] = "true";
    jobs.push_back(std::move(job));
  }
  return jobs;
}

api::Job ManualJob(const api::CronJob& cronjob, std::string name) {
  api::Job job = JobOfTemplate(cronjob);
  job.metadata.name = std::move(name);
  job.metadata.annotations = cronjob.spec.job_template.metadata.annotations;
  job.metadata.annotations[std::string(api::kInstantiateAnnotation)] = "manual";
  return job;
}

Result<void> AdmitBackfill(const store::Store& store, const api::Object& object) {
  const auto job = api::As<api::Job>(object);
  if (job == nullptr || !IsBackfill(*job)) return {};
  const api::OwnerReference* owner = api::ControllerOf(job->metadata);
  if (owner == nullptr) return {};
  const auto cronjob = store.Get<api::CronJob>(job->metadata.ns, owner->name);
  if (cronjob == nullptr || cronjob->spec.concurrency_policy == "Allow") return {};
  for (const auto& other : store.ListControlledBy<api::Job>(owner->uid)) {
    if (api::IsFinished(*other)) continue;
    return Error{Code::kFailedPrecondition,
                 fmt::format("job {} of the CronJob is running and its concurrencyPolicy is {}",
                             other->metadata.name, cronjob->spec.concurrency_policy)};
  }
  return {};
}

}  // namespace belfry::controllers
