#include "agent/controllers/cronjob/active.h"

#include <algorithm>

#include "agent/controllers/cronjob/backfill.h"
#include "agent/controllers/cronjob/notes.h"
#include "agent/controllers/ttl.h"

namespace belfry::controllers {
namespace {

void RemoveActive(api::CronJobStatus& status, const std::string& uid) {
  std::erase_if(status.active, [&](const api::ObjectReference& ref) { return ref.uid == uid; });
}

void NoteSuccess(const api::Job& job, api::CronJobStatus& status) {
  const auto& completed = job.status.completion_time;
  if (!api::IsComplete(job) || !completed) return;
  if (!status.last_successful_time || *completed > *status.last_successful_time)
    status.last_successful_time = completed;
}

}  // namespace

bool IsActive(const api::CronJobStatus& status, const std::string& uid) {
  return std::ranges::find(status.active, uid, &api::ObjectReference::uid) != status.active.end();
}

std::optional<Instant> BusyUntil(const std::vector<api::Ptr<api::Job>>& jobs,
                                 const api::CronJobStatus& status, Instant now) {
  std::optional<Instant> until;
  for (const api::ObjectReference& ref : status.active) {
    const auto it = std::ranges::find(jobs, ref.uid, [](const auto& job) { return job->metadata.uid; });
    const Instant end = it == jobs.end() ? now : FinishedAt(**it).value_or(Instant::max());
    until = std::max(until.value_or(end), end);
  }
  return until;
}

void UpdateActive(const std::vector<api::Ptr<api::Job>>& jobs, api::CronJobStatus& status,
                  std::vector<EventNote>& notes) {
  for (const auto& job : jobs) {
    const bool active = IsActive(status, job->metadata.uid);
    const bool finished = api::IsFinished(*job);
    if (!active && !finished && IsBackfill(*job)) {
      status.active.push_back(api::ReferenceTo(*job));
    } else if (!active && !finished) {
      notes.push_back(UnexpectedJob(job->metadata.name));
    }
    if (active && finished) {
      RemoveActive(status, job->metadata.uid);
      notes.push_back(SawCompletedJob(job->metadata.name, api::IsComplete(*job)));
    }
    NoteSuccess(*job, status);
  }
  std::erase_if(status.active, [&](const api::ObjectReference& ref) {
    const bool there =
        std::ranges::any_of(jobs, [&](const auto& job) { return job->metadata.uid == ref.uid; });
    if (!there) notes.push_back(MissingJob(ref.name));
    return !there;
  });
}

}  // namespace belfry::controllers
