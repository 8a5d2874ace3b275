#include "rules/rule/alert_state.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

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

// Finds alerts of before by their labels: mostly in the order they have, so that the index is seldom made.
class Before {
 public:
  explicit Before(const Alerts& alerts) : alerts_(alerts) {}

  std::optional<size_t> Find(const model::Labels& labels) {
    if (next_ < alerts_.size() && *alerts_[next_].labels == labels) return next_++;
    for (; indexed_ < alerts_.size(); ++indexed_) index_.emplace(&*alerts_[indexed_].labels, indexed_);
    const auto found = index_.find(&labels);
    if (found == index_.end()) return std::nullopt;
    next_ = found->second + 1;
    return found->second;
  }

 private:
  const Alerts& alerts_;
  size_t next_ = 0;
  size_t indexed_ = 0;
  IndexByLabels index_;
};

// The elements of a result as alerts that have just begun.
struct Found {
  std::vector<std::optional<Alert>> known;  // by the place of the alert before
  Alerts fresh;
};

class Beginnings {
 public:
  Beginnings(const AlertingRule& rule, const Alerts& previous, const AlertTexts& texts, Instant now)
      : rule_(rule), previous_(previous), texts_(texts), now_(now), before_(previous) {
    found_.known.resize(previous.size());
  }

  Result<Found> Of(promql::Vector result) && {
    found_.fresh.reserve(result.size());  // what `fresh_` points into stays
    for (size_t i = 0; i < result.size(); ++i) {
      if (!Add(std::move(result[i]))) {
        return Error{Code::kFailedPrecondition,
                     "vector contains metrics with the same labelset after applying alert labels"};
      }
      if (steps_ > texts_.max_steps) return TooManySteps(texts_.max_steps, i + 1, result.size());
    }
    return std::move(found_);
  }

 private:
  // False: there is one with these labels.
  bool Add(promql::VectorSample sample) {
    Alert alert{.value = sample.value, .active_at = now_, .generator_url = rule_.generator_url};
    Expand(sample, alert);
    const std::optional<size_t> place = before_.Find(sample.labels);
    if (rule_.annotations_of_labels) {
      // Those of another rule (before a reload, or a restart) may have other texts.
      const bool same = place && previous_[*place].generator_url.SharesWith(rule_.generator_url);
      alert.annotations = same ? previous_[*place].annotations : SharedValue(Annotations(sample));
    }
    if (place) {
      alert.labels = previous_[*place].labels;
      return !std::exchange(found_.known[*place], std::move(alert));
    }
    alert.labels = std::move(sample.labels);
    found_.fresh.push_back(std::move(alert));
    return fresh_.emplace(&*found_.fresh.back().labels, fresh_.size()).second;
  }

  // The texts that speak of the sample as it is; after that its labels are the alert's.
  void Expand(promql::VectorSample& sample, Alert& alert) {
    tmpl::Expansion expansion(DataOf(sample), now_);
    values_.clear();
    for (const auto& [name, text] : rule_.labels) values_.push_back(expansion.Expand(text));
    steps_ += expansion.steps();
    if (!rule_.annotations_of_labels) alert.annotations = Annotations(sample);
    sample.labels.Remove(model::kMetricName);
    for (size_t i = 0; i < values_.size(); ++i) sample.labels.Set(rule_.labels[i].first, values_[i]);
    sample.labels.Set(model::kAlertName, rule_.name);
  }

  std::map<std::string, std::string> Annotations(const promql::VectorSample& sample) {
    tmpl::Expansion expansion(DataOf(sample), now_);
    std::map<std::string, std::string> annotations;
    for (const auto& [name, text] : rule_.annotations) {
      std::string expanded = expansion.Expand(text);
      if (!expanded.empty() || texts_.keep_empty_annotations) annotations[name] = std::move(expanded);
    }
    steps_ += expansion.steps();
    return annotations;
  }

  tmpl::TemplateData DataOf(const promql::VectorSample& sample) const {
    return {.labels = sample.labels,
            .value = sample.value,
            .external_labels = texts_.external_labels,
            .external_url = texts_.external_url,
            .query = texts_.query};
  }

  const AlertingRule& rule_;
  const Alerts& previous_;
  const AlertTexts& texts_;
  Instant now_;
  Before before_;
  IndexByLabels fresh_;
  std::vector<std::string> values_;  // of the rule's labels
  uint64_t steps_ = 0;
  Found found_;
};

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
  ASSIGN_OR_RETURN(Found found, Beginnings(rule, previous, texts, now).Of(std::move(result)));
  Alerts next;
  next.reserve(previous.size() + found.fresh.size());
  for (size_t i = 0; i < previous.size(); ++i) {
    if (found.known[i]) {
      next.push_back(Seen(rule, &previous[i], *std::move(found.known[i]), now));
    } else if (auto kept = Missed(rule, previous[i], now)) {
      next.push_back(*std::move(kept));
    }
  }
  for (Alert& alert : found.fresh) next.push_back(Seen(rule, nullptr, std::move(alert), now));
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
