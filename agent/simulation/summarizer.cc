#include "agent/simulation/summarizer.h"

#include <algorithm>
#include <numeric>

namespace belfry::simulation {

uint64_t CronJobSummary::MissedInAll() const {
  return std::accumulate(missed.begin(), missed.end(), uint64_t{0},
                         [](uint64_t sum, const auto& entry) { return sum + entry.second; });
}

Summarizer::Summarizer(const Scenario& scenario) : end_(scenario.to) {
  for (const api::Object& object : scenario.objects) {
    const api::ObjectMeta& meta = api::MetaOf(object);
    if (const auto cronjob = api::As<api::CronJob>(object)) {
      CronJobSummary& sums = cronjobs_[{meta.ns, meta.name}].sums;
      sums.ns = meta.ns;
      sums.name = meta.name;
      sums.schedule = cronjob->spec.schedule;
      sums.time_zone = cronjob->spec.time_zone.value_or(scenario.time_zone);
      sums.concurrency_policy = cronjob->spec.concurrency_policy;
    } else if (api::KindOf(object) == api::Kind::kJob) {
      jobs_[{meta.ns, meta.name}] = {meta.ns, meta.name, "Unfinished", ""};
    }
  }
}

void Summarizer::Add(Event& event) {
  ++events_;
  if (IsAlert(event.kind)) return AddAlert(event);
  if (event.cronjob.empty()) return AddJob(event);
  AddSlot(event);
}

void Summarizer::AddAlert(Event& event) {
  AlertSummary& sums = alerts_[event.alert];
  if (sums.name.empty()) {
    sums.name = event.alert;
    sums.severity = event.labels.Get("severity");
  }
  if (event.kind == EventKind::kAlertPending) ++sums.pending;
  if (event.kind == EventKind::kAlertFiring) {
    ++sums.fired;
    firing_[event.alert].insert_or_assign(event.labels, event.at);
  }
  if (event.kind != EventKind::kAlertResolved) return;
  Firing& firing = firing_[event.alert];
  const auto since = firing.find(event.labels);
  if (since == firing.end()) return;
  event.took = event.at - since->second;
  sums.firing_time += *event.took;
  firing.erase(since);
}

void Summarizer::AddJob(const Event& event) {
  if (event.kind != EventKind::kSucceeded && event.kind != EventKind::kFailed) return;
  JobSummary& summary = jobs_[{event.ns, event.job}];
  summary.result = event.kind == EventKind::kSucceeded ? "Complete" : "Failed";
  summary.reason = event.reason;
}

void Summarizer::AddSlot(const Event& event) {
  Account& account = cronjobs_[{event.ns, event.cronjob}];
  CronJobSummary& sums = account.sums;
  const auto count = static_cast<uint64_t>(event.count);
  switch (event.kind) {
    case EventKind::kStarted:
      ++sums.runs;
      if (event.took.value_or(Duration(0)) >= seconds(1)) ++sums.late;
      return SetActive(account, event, true);
    case EventKind::kSkipped:
      sums.skipped += count;
      return;
    case EventKind::kMissed:
      sums.missed[event.reason] += count;
      return;
    case EventKind::kReplaced:
      ++sums.replaced;
      return SetActive(account, event, false);
    case EventKind::kSucceeded:
      ++sums.succeeded;
      return SetActive(account, event, false);
    case EventKind::kFailed:
      ++sums.failed;
      return SetActive(account, event, false);
    default:
      return;
  }
}

// Runs that meet in one instant only do not overlap.
void Summarizer::SetActive(Account& account, const Event& event, bool active) {
  if (active) {
    account.active.insert(event.job);
    if (account.active.size() == 2) account.overlap_since = event.at;
    account.overlap_depth = std::max(account.overlap_depth, account.active.size());
  } else {
    account.active.erase(event.job);
    if (account.active.size() == 1) EndOverlap(account, event.at);
  }
}

void Summarizer::EndOverlap(Account& account, Instant now) {
  if (account.overlap_since && now > *account.overlap_since) {
    account.sums.longest_overlap = std::max(account.sums.longest_overlap, now - *account.overlap_since);
    account.sums.most_at_once = std::max(account.sums.most_at_once, account.overlap_depth);
  }
  account.overlap_since.reset();
  account.overlap_depth = 0;
}

Summary Summarizer::Finish() {
  Summary summary{.events = events_};
  for (auto& [name, account] : cronjobs_) {
    EndOverlap(account, end_);
    if (account.sums.runs > 0) account.sums.most_at_once = std::max<size_t>(account.sums.most_at_once, 1);
    account.sums.running_at_end = account.active.size();
    summary.cronjobs.push_back(account.sums);
  }
  for (const auto& [name, job] : jobs_) summary.jobs.push_back(job);
  for (auto& [name, sums] : alerts_) {
    for (const auto& [labels, since] : firing_[name]) sums.firing_time += end_ - since;
    sums.firing_at_end = firing_[name].size();
    summary.alerts.push_back(sums);
  }
  return summary;
}

}  // namespace belfry::simulation
