#include <charconv>

#include "agent/cli/simulate_report.h"
#include "agent/manifest/json.h"

namespace belfry::cli {

using simulation::Event;
using simulation::EventKind;

namespace {

// Appends the members of one JSON object; a year's events are written faster than a tree of them is built.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  void Text(std::string_view name, std::string_view value) {
    Name(name);
    manifest::AppendJsonString(out_, value);
  }
  void TextIfAny(std::string_view name, std::string_view value) {
    if (!value.empty()) Text(name, value);
  }
  void Time(std::string_view name, Instant value) { Text(name, FormatRfc3339(value)); }
  void Count(std::string_view name, uint64_t value) {
    Name(name);
    out_ += std::to_string(value);
  }
  void Seconds(std::string_view name, Duration value) {
    Name(name);
    char digits[32];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, ToSeconds(value)).ptr);
  }
  // Opens a nested value: the caller appends it.
  std::string& Name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    manifest::AppendJsonString(out_, name);
    out_ += ':';
    return out_;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void AppendTexts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const std::string& text : texts) {
    if (&text != &texts.front()) out += ',';
    manifest::AppendJsonString(out, text);
  }
  out += ']';
}

// `[` the objects, each on a line of its own `]`.
template <class T, class F>
void AppendObjects(std::string& out, const std::vector<T>& list, F&& append) {
  out += '[';
  for (const T& one : list) {
    out += &one == &list.front() ? "\n      " : ",\n      ";
    Members members(out);
    append(members, one);
  }
  out += list.empty() ? "]" : "\n    ]";
}

void AppendCronJob(Members& members, const simulation::CronJobSummary& sums) {
  members.Text("namespace", sums.ns);
  members.Text("name", sums.name);
  members.Text("schedule", sums.schedule);
  members.Text("timeZone", sums.time_zone);
  members.Text("concurrencyPolicy", sums.concurrency_policy);
  members.Count("runs", sums.runs);
  members.Count("succeeded", sums.succeeded);
  members.Count("failed", sums.failed);
  members.Count("late", sums.late);
  members.Count("skipped", sums.skipped);
  members.Count("replaced", sums.replaced);
  {
    Members missed(members.Name("missed"));
    for (const auto& [reason, count] : sums.missed) missed.Count(reason, count);
  }
  members.Seconds("longestOverlapSeconds", sums.longest_overlap);
  members.Count("mostAtOnce", sums.most_at_once);
  members.Count("runningAtEnd", sums.running_at_end);
  AppendTexts(members.Name("clockChanges"), sums.clock_changes);
}

void AppendJob(Members& members, const simulation::JobSummary& job) {
  members.Text("namespace", job.ns);
  members.Text("name", job.name);
  members.Text("result", job.result);
  members.TextIfAny("reason", job.reason);
}

void AppendAlert(Members& members, const simulation::AlertSummary& alert) {
  members.Text("name", alert.name);
  members.TextIfAny("severity", alert.severity);
  members.Count("pending", alert.pending);
  members.Count("fired", alert.fired);
  members.Seconds("firingSeconds", alert.firing_time);
  members.Count("firingAtEnd", alert.firing_at_end);
}

std::string_view DurationName(EventKind kind) {
  if (kind == EventKind::kStarted) return "delaySeconds";
  return kind == EventKind::kAlertResolved ? "firingSeconds" : "durationSeconds";
}

void AppendEvent(Members& members, const Event& event) {
  members.Time("time", event.at);
  members.Text("kind", simulation::EventKindName(event.kind));
  if (simulation::IsAlert(event.kind)) {
    members.Text("alert", event.alert);
    {
      Members labels(members.Name("labels"));
      for (const model::Label& label : event.labels) labels.Text(label.name, label.value);
    }
  } else {
    members.Text("namespace", event.ns);
    members.TextIfAny("cronJob", event.cronjob);
    members.TextIfAny("job", event.job);
    if (event.slot) members.Time("scheduledTime", *event.slot);
    if (event.kind == EventKind::kSkipped || event.kind == EventKind::kMissed)
      members.Count("slots", static_cast<uint64_t>(event.count));
    members.TextIfAny("reason", event.reason);
    members.TextIfAny("message", event.message);
  }
  if (event.took) members.Seconds(DurationName(event.kind), *event.took);
}

}  // namespace

std::string SimulateJson::Begin() const {
  std::string out = "{\n  \"from\": ";
  manifest::AppendJsonString(out, FormatRfc3339(from_));
  out += ",\n  \"to\": ";
  manifest::AppendJsonString(out, FormatRfc3339(to_));
  return out + ",\n  \"events\": [";
}

std::string SimulateJson::Line(const Event& event) {
  std::string out = std::exchange(first_, false) ? "\n    " : ",\n    ";
  Members members(out);
  AppendEvent(members, event);
  return out;
}

std::string SimulateJson::End(const simulation::Summary& summary) const {
  std::string out = first_ ? "],\n" : "\n  ],\n";
  out += "  \"summary\": {\n    \"cronJobs\": ";
  AppendObjects(out, summary.cronjobs, AppendCronJob);
  out += ",\n    \"jobs\": ";
  AppendObjects(out, summary.jobs, AppendJob);
  out += ",\n    \"alerts\": ";
  AppendObjects(out, summary.alerts, AppendAlert);
  out += ",\n    \"ruleErrors\": ";
  AppendTexts(out, summary.rule_errors);
  out += ",\n    \"events\": " + std::to_string(summary.events);
  return out + "\n  }\n}\n";
}

}  // namespace belfry::cli
