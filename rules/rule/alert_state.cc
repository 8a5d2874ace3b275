#include "rules/rule/alert_state.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace belfry::rule {
namespace {

struct HashLabels {
  size_t operator()(const model::Labels* labels) const { return static_cast<size_t>(labels->Fingerprint()); }
};
struct SameLabels {
  bool operator()(const model::Labels* a, const model::Labels* b) const { return *a == *b; }
};
using IndexByLabels = std::unordered_map<const model::Labels*, size_t, HashLabels, SameLabels>;

Error TooMany(int64_t limit, size_t count, std::string_view what) {
  return {Code::kTooLarge, "exceeded limit of " + std::to_string(limit) + " with " + std::to_string(count) +
                               " " + std::string(what)};
}

Error TooManySteps(uint64_t limit, size_t done, size_t all) {
  return {Code::kFailedPrecondition, "templates take more than " + std::to_string(limit) +
                                         " steps: given up after " + std::to_string(done) + " of " +
                                         std::to_string(all) + " alerts"};
}

// An element of the result as an alert that has just begun. Adds to `steps` those of its templates.
Alert Begin(const AlertingRule& rule, promql::VectorSample sample, const AlertTexts& texts, Instant now,
            uint64_t& steps) {
  const tmpl::TemplateData data{.labels = sample.labels,
                                .value = sample.value,
                                .external_labels = texts.external_labels,
                                .external_url = texts.external_url,
                                .query = texts.query};
  tmpl::Expansion expansion(data, now);
  Alert alert;
  std::vector<std::string> values;
  for (const auto& [name, text] : rule.labels) values.push_back(expansion.Expand(text));
  for (const auto& [name, text] : rule.annotations) {
    std::string expanded = expansion.Expand(text);
    if (!expanded.empty() || texts.keep_empty_annotations) alert.annotations[name] = std::move(expanded);
  }
  steps += expansion.steps();
  alert.labels = std::move(sample.labels);
  alert.labels.Remove(model::kMetricName);
  for (size_t i = 0; i < values.size(); ++i) alert.labels.Set(rule.labels[i].first, values[i]);
  alert.labels.Set(model::kAlertName, rule.name);
  alert.value = sample.value;
  alert.active_at = now;
  alert.generator_url = rule.generator_url;
  return alert;
}

// `index` points into the labels of what is returned, whose place in memory stays.
Result<Alerts> BeginAll(const AlertingRule& rule, promql::Vector result, const AlertTexts& texts, Instant now,
                        IndexByLabels& index) {
  Alerts found;
  found.reserve(result.size());
  index.reserve(result.size());
  uint64_t steps = 0;
  for (promql::VectorSample& sample : result) {
    found.push_back(Begin(rule, std::move(sample), texts, now, steps));
    if (steps > texts.max_steps) return TooManySteps(texts.max_steps, found.size(), result.size());
    if (!index.emplace(&found.back().labels, index.size()).second) {
      return Error{Code::kFailedPrecondition,
                   "vector contains metrics with the same labelset after applying alert labels"};
    }
  }
  return found;
}

// The clock was set back: nothing can have happened later than now. What fires keeps its age.
void NotLaterThan(Instant now, Duration hold, Alert& alert) {
  if (alert.active_at > now) alert.active_at = alert.state == AlertState::kFiring ? now - hold : now;
  if (alert.resolved_at) alert.resolved_at = std::min(*alert.resolved_at, now);
  if (alert.keep_firing_since) alert.keep_firing_since = std::min(*alert.keep_firing_since, now);
}

// Pending long enough becomes firing; firing goes back where a reload made `for` longer than its age.
void Ripen(const AlertingRule& rule, Instant now, Alert& alert) {
  const bool ripe = now - alert.active_at >= rule.hold;
  if (alert.state == AlertState::kPending && ripe) {
    alert.state = AlertState::kFiring;
    alert.fired_at = now;
  } else if (alert.state == AlertState::kFiring && !ripe) {
    alert.state = AlertState::kPending;
    alert.fired_at.reset();
  }
}

// An alert that the result has.
Alert Seen(const AlertingRule& rule, const Alert* before, Alert found, Instant now) {
  if (before == nullptr || IsResolved(*before) || before->state == AlertState::kInactive) {
    Ripen(rule, now, found);
    return found;
  }
  // Texts and value are those of now, only the history is taken over; the labels are the same.
  Alert alert = std::move(found);
  alert.state = before->state;
  alert.active_at = before->active_at;
  alert.fired_at = before->fired_at;
  alert.resolved_at = before->resolved_at;
  alert.last_sent_at = before->last_sent_at;
  NotLaterThan(now, rule.hold, alert);
  Ripen(rule, now, alert);
  return alert;
}

// An alert that the result has no more; nothing: it is forgotten.
std::optional<Alert> Missed(const AlertingRule& rule, Alert alert, Instant now) {
  NotLaterThan(now, rule.hold, alert);
  if (alert.state == AlertState::kPending) return std::nullopt;
  if (alert.state == AlertState::kInactive) {
    const bool old = !alert.resolved_at || now - *alert.resolved_at > kResolvedRetention;
    return old ? std::nullopt : std::optional(std::move(alert));
  }
  if (rule.keep_firing > Duration(0)) {
    if (!alert.keep_firing_since) alert.keep_firing_since = now;
    if (now - *alert.keep_firing_since < rule.keep_firing) return alert;
  }
  alert.state = AlertState::kInactive;
  alert.resolved_at = now;
  alert.keep_firing_since.reset();
  return alert;
}

}  // namespace

Result<Alerts> DecideAlerts(const AlertingRule& rule, const Alerts& previous, promql::Vector result,
                            const AlertTexts& texts, Instant now) {
  IndexByLabels by_labels;
  ASSIGN_OR_RETURN(Alerts found, BeginAll(rule, std::move(result), texts, now, by_labels));
  std::vector<bool> known(found.size(), false);
  Alerts next;
  next.reserve(previous.size() + found.size());
  for (const Alert& before : previous) {
    const auto match = by_labels.find(&before.labels);
    if (match != by_labels.end()) {
      known[match->second] = true;
      // The labels that `by_labels` points to are moved away: nothing equals them from here on, and nothing
      // has to, for no two alerts of a rule have the same.
      next.push_back(Seen(rule, &before, std::move(found[match->second]), now));
    } else if (auto kept = Missed(rule, before, now)) {
      next.push_back(*std::move(kept));
    }
  }
  by_labels.clear();
  for (size_t i = 0; i < found.size(); ++i) {
    if (!known[i]) next.push_back(Seen(rule, nullptr, std::move(found[i]), now));
  }
  const auto active = static_cast<size_t>(
      std::count_if(next.begin(), next.end(), [](const Alert& a) { return !IsResolved(a); }));
  if (rule.limit > 0 && active > static_cast<uint64_t>(rule.limit))
    return TooMany(rule.limit, active, "alerts");
  return next;
}

Result<promql::Vector> DecideRecording(const RecordingRule& rule, promql::Vector result) {
  if (rule.limit > 0 && result.size() > static_cast<uint64_t>(rule.limit)) {
    return TooMany(rule.limit, result.size(), "series");
  }
  IndexByLabels seen;
  seen.reserve(result.size());
  for (promql::VectorSample& sample : result) {
    sample.labels.Set(model::kMetricName, rule.name);
    for (const model::Label& label : rule.labels) sample.labels.Set(label.name, label.value);
    for (const std::string& name : rule.removed) sample.labels.Remove(name);
    if (!seen.emplace(&sample.labels, seen.size()).second) {
      return Error{Code::kFailedPrecondition,
                   "vector contains metrics with the same labelset after applying rule labels"};
    }
  }
  return result;
}

AlertState HighestState(std::span<const Alert> alerts) {
  AlertState highest = AlertState::kInactive;
  for (const Alert& alert : alerts) highest = std::max(highest, alert.state);
  return highest;
}

}  // namespace belfry::rule
