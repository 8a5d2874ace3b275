#include "agent/simulation/recurrence.h"

#include <algorithm>
#include <functional>

#include "agent/simulation/relative_text.h"

namespace belfry::simulation {
namespace {

// Hours, parts of a day, days, a week. Units: hours.
constexpr size_t kPeriods[] = {1, 2, 3, 4, 5, 6, 8, 12, 24, 48, 72, 168};
constexpr size_t kMostHours = 2 * 168 + 1;
constexpr size_t kMostEvents = 200'000;

void AppendEvent(std::string& out, const Event& event, Instant base) {
  out += EventKindName(event.kind);
  out += std::to_string((event.at - base).count()) + ' ';
  if (event.slot) out += std::to_string((*event.slot - base).count()) + ' ';
  if (event.took) out += std::to_string(event.took->count()) + ' ';
  out +=
      std::to_string(event.count) + event.ns + '/' + event.cronjob + '/' + event.reason + '/' + event.alert;
  for (const std::string& text : {event.job, event.message, event.labels.ToString()}) {
    out += '/';
    AppendRelative(out, text, base);
  }
  out += '\n';
}

}  // namespace

uint64_t HashOf(std::string_view text) { return std::hash<std::string_view>()(text); }

void Recurrence::Close(Instant at, std::string_view state, ScriptBook::Position position) {
  std::string happened;
  for (const Event& event : events_) AppendEvent(happened, event, at);
  kept_events_ += events_.size();
  hours_.push_back({.state = HashOf(state),
                    .happened = HashOf(happened),
                    .events = std::exchange(events_, {}),
                    .position = std::move(position)});
  while (hours_.size() > kMostHours || (kept_events_ > kMostEvents && hours_.size() > 1)) {
    kept_events_ -= hours_.front().events.size();
    hours_.pop_front();
  }
}

std::optional<size_t> Recurrence::Period() const {
  const auto found = std::ranges::find_if(kPeriods, [this](size_t period) { return Recurs(period); });
  return found == std::end(kPeriods) ? std::nullopt : std::optional(*found);
}

bool Recurrence::Recurs(size_t period) const {
  if (hours_.size() < 2 * period + 1) return false;
  const size_t last = hours_.size() - 1;
  if (hours_[last].state != hours_[last - period].state ||
      hours_[last].state != hours_[last - 2 * period].state)
    return false;
  for (size_t i = 0; i < period; ++i) {
    if (hours_[last - i].happened != hours_[last - i - period].happened) return false;
  }
  return true;
}

std::vector<Event> Recurrence::Newest(size_t count) const {
  std::vector<Event> events;
  for (size_t i = hours_.size() - count; i < hours_.size(); ++i) {
    events.insert(events.end(), hours_[i].events.begin(), hours_[i].events.end());
  }
  return events;
}

void Recurrence::Clear() {
  hours_.clear();
  events_.clear();
  kept_events_ = 0;
}

}  // namespace belfry::simulation
