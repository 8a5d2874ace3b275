#include "exporters/cronjob/cronjob_metrics.h"

#include <algorithm>

#include "agent/base/log.h"
#include "exporters/cronjob/families.h"

namespace belfry::cronjob {
namespace {

constexpr uint64_t kMaxStateFile = 256 << 20;
constexpr size_t kLargeState = 1 << 20;    // from here on the state is written less often
constexpr int64_t kLargeStateDelays = 10;  // … by this factor

std::string CronJobRowId(const CronJobName& name) { return "c/" + name.first + "/" + name.second; }
std::string JobRowId(const std::string& ns, const std::string& name) { return "j/" + ns + "/" + name; }

// The name of the CronJob that controls the object.
std::optional<std::string> OwningCronJob(const api::ObjectMeta& meta) {
  const auto* owner = api::ControllerOf(meta);
  if (owner == nullptr || owner->kind != "CronJob") return std::nullopt;
  return owner->name;
}

// Slots lie on whole seconds, and a file that is synced then holds up the commits their starts wait for: the
// middle of a second, at most `delay` from now.
Duration UntilBetweenSlots(Instant now, Duration delay) {
  const Duration half = milliseconds(500);
  return std::max(TruncateToSeconds(now + delay - half) + half - now, Duration(0));
}

}  // namespace

CronJobMetrics::CronJobMetrics(EventLoop& loop, FileSystem& files, CronJobOptions options)
    : loop_(loop), files_(files), options_(std::move(options)), table_(Families()), save_timer_(loop) {}

// --- State ---

Result<void> CronJobMetrics::Load() {
  if (options_.state_file.empty()) return {};
  auto text = files_.ReadFile(options_.state_file, kMaxStateFile);
  if (!text.ok()) {
    if (text.error().code == Code::kNotFound) return {};
    return Annotate(text.error(), "read CronJob counters");
  }
  auto counters = DecodeCounters(*text);
  if (!counters.ok()) {
    const Error error = Annotate(counters.error(), "read CronJob counters of " + options_.state_file);
    RETURN_IF_ERROR(files_.Rename(options_.state_file, options_.state_file + ".damaged"));
    return error;
  }
  counters_ = *std::move(counters);
  return {};
}

void CronJobMetrics::Restored() {
  restored_ = true;
  std::erase_if(jobs_, [](const auto& job) { return job.second.name.empty(); });
  const size_t tallies =
      std::erase_if(counters_.tallies, [&](const auto& one) { return !cronjobs_.contains(one.first); });
  const size_t jobs =
      std::erase_if(counters_.jobs, [&](const auto& one) { return !jobs_.contains(one.first); });
  if (tallies + jobs > 0) Changed();
}

void CronJobMetrics::Changed() {
  dirty_ = true;
  if (options_.state_file.empty() || save_timer_.armed()) return;
  const size_t entries = counters_.jobs.size() + counters_.tallies.size() * 8;
  const bool large = entries * 40 > kLargeState;
  const Duration delay = large ? options_.save_delay * kLargeStateDelays : options_.save_delay;
  save_timer_.RunAfter(UntilBetweenSlots(loop_.Now(), delay), [this] {
    if (const auto saved = Save(); !saved.ok())
      LogWarn("cronjob", "counters not saved", {{"error", saved.error()}});
  });
}

Result<void> CronJobMetrics::Save() {
  save_timer_.Cancel();
  if (!dirty_ || options_.state_file.empty()) return {};
  if (auto written = files_.WriteFileAtomically(options_.state_file, EncodeCounters(counters_), 0600);
      !written.ok()) {
    ++save_failures_;
    Changed();  // tried again after the delay
    return Annotate(written.error(), "write CronJob counters");
  }
  dirty_ = false;
  return {};
}

// --- Changes ---

void CronJobMetrics::Apply(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) ApplyOne(change);
}

void CronJobMetrics::ApplyOne(const store::Change& change) {
  switch (change.key.kind) {
    case api::Kind::kCronJob:
      return OnCronJob(change);
    case api::Kind::kJob:
      return OnJob(change);
    case api::Kind::kPod:
      if (change.after) OnPod(*api::As<api::Pod>(*change.after));
      return;
    default:
      return;
  }
}

void CronJobMetrics::OnCronJob(const store::Change& change) {
  const CronJobName name{change.key.ns, change.key.name};
  if (change.after) {
    cronjobs_[name] = api::As<api::CronJob>(*change.after);
    counters_.tallies.try_emplace(name);
    Show(name);
    return;
  }
  if (cronjobs_.erase(name) == 0) return;
  counters_.tallies.erase(name);
  table_.Remove(CronJobRowId(name));
  Changed();
}

void CronJobMetrics::OnJob(const store::Change& change) {
  if (!change.after) {
    const std::string uid = change.before ? api::MetaOf(*change.before).uid : std::string();
    jobs_.erase(uid);
    table_.Remove(JobRowId(change.key.ns, change.key.name));
    if (counters_.jobs.erase(uid) > 0) Changed();
    return;
  }
  const auto job = api::As<api::Job>(*change.after);
  const std::string& uid = job->metadata.uid;
  JobRecord& record = jobs_[uid];
  const bool unseen = record.name.empty();
  record.ns = job->metadata.ns;
  record.name = job->metadata.name;
  record.cronjob = OwningCronJob(job->metadata);
  record.scheduled = ScheduledInstant(*job);
  if (record.first_start) CountDelay(uid, record, *record.first_start);
  const auto end = EndOf(*job);
  const bool ended = end && !record.finished;
  if (ended) record.finished = end->at;
  if (unseen || ended) ShowJob(uid, record);
  if (end) CountFinish(*job, *end, record);
}

void CronJobMetrics::CountFinish(const api::Job& job, const JobEnd& end, const JobRecord& record) {
  if (!record.cronjob || !Keeps({record.ns, *record.cronjob})) return;
  Counted& counted = counters_.jobs[job.metadata.uid];
  if (counted.finish) return;
  counted.finish = true;
  LastRun run{.succeeded = end.succeeded,
              .finished = end.at,
              .exit_code = record.exit_code,
              .job_uid = job.metadata.uid};
  if (job.status.start_time) run.duration = ToSeconds(end.at - *job.status.start_time);
  const CronJobName name{record.ns, *record.cronjob};
  counters_.tallies[name].Count(std::move(run));
  Show(name);
  Changed();
}

void CronJobMetrics::CountDelay(const std::string& uid, const JobRecord& record, Instant start) {
  if (!record.cronjob || !record.scheduled || !Keeps({record.ns, *record.cronjob})) return;
  Counted& counted = counters_.jobs[uid];
  if (counted.delay) return;
  counted.delay = true;
  const CronJobName name{record.ns, *record.cronjob};
  counters_.tallies[name].delay.Observe(ToSeconds(start - *record.scheduled), ShortBounds());
  Show(name);
  Changed();
}

void CronJobMetrics::OnPod(const api::Pod& pod) {
  const auto* owner = api::ControllerOf(pod.metadata);
  if (owner == nullptr || owner->kind != "Job") return;
  const auto known = jobs_.find(owner->uid);
  if (known == jobs_.end() && restored_) return;  // the last words of a Job that has been removed
  JobRecord& record = known == jobs_.end() ? jobs_[owner->uid] : known->second;
  if (const auto start = FirstStart(pod); start && !record.first_start) {
    record.first_start = start;
    CountDelay(owner->uid, record, *start);
  }
  const auto exit = ExitOf(pod);
  if (!exit || (record.exit_code && exit->at <= record.exit_at)) return;
  record.exit_at = exit->at;
  record.exit_code = exit->code;
  ShowJob(owner->uid, record);
  if (record.cronjob) CorrectLastExit({record.ns, *record.cronjob}, owner->uid, exit->code);
}

// The pods of a Job that ended while the agent was away are applied after it.
void CronJobMetrics::CorrectLastExit(const CronJobName& name, const std::string& uid, int32_t code) {
  const auto tally = counters_.tallies.find(name);
  if (tally == counters_.tallies.end() || !tally->second.last || tally->second.last->job_uid != uid) return;
  if (tally->second.last->exit_code == code) return;
  tally->second.last->exit_code = code;
  Show(name);
  Changed();
}

void CronJobMetrics::CountMissed(const std::string& ns, const std::string& cronjob, MissedReason reason,
                                 uint64_t count) {
  const CronJobName name{ns, cronjob};
  if (!Keeps(name)) return;
  counters_.tallies[name].missed[static_cast<size_t>(reason)] += count;
  Show(name);
  Changed();
}

// --- Rows ---

void CronJobMetrics::Show(const CronJobName& name) {
  if (!cronjobs_.contains(name)) return;
  table_.Set(CronJobRowId(name), [this, name](model::RowWriter& writer) {
    const api::CronJob& cronjob = *cronjobs_.at(name);
    CronJobRow row{.ns = name.first, .name = name.second, .active = cronjob.status.active.size()};
    if (options_.interval) row.interval = options_.interval(cronjob.spec, loop_.Now());
    if (options_.histograms) row.histograms = options_.histograms(name.first);
    DescribeCronJob(row, counters_.tallies[name], writer);
  });
}

void CronJobMetrics::ShowJob(const std::string& uid, const JobRecord& record) {
  if (record.name.empty() || (!record.finished && !record.exit_code)) return;
  table_.Set(JobRowId(record.ns, record.name), [this, uid](model::RowWriter& writer) {
    const auto job = jobs_.find(uid);
    if (job == jobs_.end()) return;
    DescribeJob({job->second.ns, job->second.name, job->second.finished, job->second.exit_code}, writer);
  });
}

}  // namespace belfry::cronjob
