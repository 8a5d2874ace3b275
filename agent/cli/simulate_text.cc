#include <fmt/core.h>

#include <algorithm>

#include "agent/cli/simulate_report.h"
#include "agent/cli/table.h"
#include "agent/cron/zone_cache.h"

namespace belfry::cli {

using simulation::Event;
using simulation::EventKind;

namespace {

constexpr size_t kJobSuffix = 9;  // "-29537280"
constexpr size_t kWidestObject = 48;

// As long as it takes, to the second.
std::string Elapsed(Duration d) { return FormatDuration(std::chrono::floor<seconds>(d)); }

std::string Slots(const Event& event) {
  if (event.count == 1) {
    return event.slot == event.at ? "" : fmt::format(" (slot {})", FormatRfc3339Seconds(*event.slot));
  }
  return fmt::format(" ({} slots up to {})", event.count, FormatRfc3339Seconds(*event.slot));
}

std::string With(std::string_view separator, const std::string& text) {
  return text.empty() ? "" : std::string(separator) + text;
}

std::string RunText(const Event& event) {
  switch (event.kind) {
    case EventKind::kStarted:
      if (!event.took || *event.took < seconds(1)) return "started";
      return fmt::format("started, {} late", Elapsed(*event.took));
    case EventKind::kHeld:
      return fmt::format("held: {}{}", event.reason,
                         event.job.empty() ? "" : ", " + event.job + " still runs");
    case EventKind::kSkipped:
      return fmt::format("skipped: {}{}", event.reason, Slots(event));
    case EventKind::kMissed:
      return fmt::format("missed: {}{}", event.reason, Slots(event));
    case EventKind::kReplaced:
      return "replaced: stopped for the next run";
    case EventKind::kRetried:
      return "retried: " + event.message;
    case EventKind::kSucceeded:
      return event.took ? "succeeded after " + Elapsed(*event.took) : "succeeded";
    default:
      return fmt::format("failed{}: {}{}", event.took ? " after " + Elapsed(*event.took) : "", event.reason,
                         With(": ", event.message));
  }
}

std::string AlertText(const Event& event) {
  const std::string about = event.labels.ToString();
  switch (event.kind) {
    case EventKind::kAlertPending:
      return "alert pending " + about;
    case EventKind::kAlertFiring:
      return "alert firing " + about;
    case EventKind::kAlertResolved:
      return fmt::format("alert resolved after {} {}", Elapsed(*event.took), about);
    default:
      return "alert no longer pending " + about;
  }
}

std::string Missed(const simulation::CronJobSummary& sums) {
  std::string text;
  for (const auto& [reason, count] : sums.missed) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, reason);
  }
  return text.empty() ? "0" : text;
}

std::string Overlap(const simulation::CronJobSummary& sums) {
  if (sums.longest_overlap == Duration(0)) return "-";
  return fmt::format("{} (up to {} at once)", Elapsed(sums.longest_overlap), sums.most_at_once);
}

bool IsUtc(const cron::Zone& zone) {
  return zone.At(Instant()).offset == seconds(0) && zone.At(Instant()).end == Instant::max();
}

}  // namespace

SimulateText::SimulateText(const simulation::Scenario& scenario) : from_(scenario.from), to_(scenario.to) {
  const std::string* ns = nullptr;
  for (const api::Object& object : scenario.objects) {
    const api::Kind kind = api::KindOf(object);
    if (kind != api::Kind::kCronJob && kind != api::Kind::kJob) continue;
    several_namespaces_ |= ns != nullptr && *ns != api::MetaOf(object).ns;
    ns = &api::MetaOf(object).ns;
  }
  cron::ZoneCache zones;
  for (const api::Object& object : scenario.objects) {
    const api::ObjectMeta& meta = api::MetaOf(object);
    const auto cronjob = api::As<api::CronJob>(object);
    if (cronjob == nullptr && api::KindOf(object) != api::Kind::kJob) continue;
    object_width_ =
        std::max(object_width_, Label(meta.ns, meta.name).size() + (cronjob == nullptr ? 0 : kJobSuffix));
    if (cronjob == nullptr) continue;
    const auto zone = zones.Get(cronjob->spec.time_zone.value_or(scenario.time_zone));
    if (zone.ok() && !IsUtc(*zone)) zones_.emplace(Name{meta.ns, meta.name}, *zone);
  }
  for (const rule::GroupSpec& group : scenario.rules) {
    for (const rule::RuleSpec& rule : group.rules) object_width_ = std::max(object_width_, rule.alert.size());
  }
  object_width_ = std::min(object_width_, kWidestObject);
}

std::string SimulateText::Label(const std::string& ns, const std::string& name) const {
  return several_namespaces_ ? ns + "/" + name : name;
}

// The wall clock where the CronJob lives; blank for those that live in UTC.
std::string SimulateText::LocalTime(const Event& event) const {
  if (zones_.empty()) return {};
  const auto zone = zones_.find({event.ns, event.cronjob});
  if (zone == zones_.end()) return fmt::format("{:14}", "");
  return fmt::format("({})  ", cron::FormatInZone(event.at, zone->second).substr(11, 5) +
                                   cron::FormatInZone(event.at, zone->second).substr(19));
}

std::string SimulateText::Line(const Event& event) const {
  const bool alert = simulation::IsAlert(event.kind);
  const bool of_cronjob = event.kind == EventKind::kHeld || event.job.empty();
  const std::string object = alert ? event.alert : Label(event.ns, of_cronjob ? event.cronjob : event.job);
  return fmt::format("{}  {}{:{}}  {}\n", FormatRfc3339Seconds(event.at), LocalTime(event), object,
                     object_width_, alert ? AlertText(event) : RunText(event));
}

std::string SimulateText::CronJobTable(const simulation::Summary& summary) const {
  Table table({"CRONJOB", "POLICY", "RUNS", "OK", "FAILED", "LATE", "SKIPPED", "REPLACED", "MISSED",
               "LONGEST OVERLAP"});
  for (const simulation::CronJobSummary& sums : summary.cronjobs) {
    table.Add({Label(sums.ns, sums.name), sums.concurrency_policy, std::to_string(sums.runs),
               std::to_string(sums.succeeded), std::to_string(sums.failed), std::to_string(sums.late),
               std::to_string(sums.skipped), std::to_string(sums.replaced), Missed(sums), Overlap(sums)});
  }
  return table.Render();
}

std::string SimulateText::CronJobNotes(const simulation::Summary& summary) const {
  std::string text;
  for (const simulation::CronJobSummary& sums : summary.cronjobs) {
    const std::string label = Label(sums.ns, sums.name);
    if (sums.running_at_end > 0)
      text += fmt::format("{}: {} still running at the end\n", label, sums.running_at_end);
    for (const std::string& note : sums.clock_changes) text += fmt::format("{}: {}\n", label, note);
  }
  return text;
}

std::string SimulateText::Sums(const simulation::Summary& summary) const {
  std::string text = fmt::format("{} to {} ({})\n", FormatRfc3339Seconds(from_), FormatRfc3339Seconds(to_),
                                 Elapsed(to_ - from_));
  if (!summary.cronjobs.empty()) text += "\n" + CronJobTable(summary);
  if (const std::string notes = CronJobNotes(summary); !notes.empty()) text += "\n" + notes;
  if (!summary.jobs.empty()) {
    Table jobs({"JOB", "RESULT", "REASON"});
    for (const simulation::JobSummary& job : summary.jobs) {
      jobs.Add({Label(job.ns, job.name), job.result, job.reason.empty() ? "-" : job.reason});
    }
    text += "\n" + jobs.Render();
  }
  Table alerts({"ALERT", "SEVERITY", "FIRED", "FIRING FOR", "FIRING AT END"});
  for (const simulation::AlertSummary& alert : summary.alerts) {
    alerts.Add({alert.name, alert.severity.empty() ? "-" : alert.severity, std::to_string(alert.fired),
                Elapsed(alert.firing_time), std::to_string(alert.firing_at_end)});
  }
  text += summary.alerts.empty() ? "\nNo alert fires.\n" : "\n" + alerts.Render();
  for (const std::string& error : summary.rule_errors) text += "rule error: " + error + "\n";
  return text;
}

}  // namespace belfry::cli
