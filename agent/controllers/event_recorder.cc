#include "agent/controllers/event_recorder.h"

#include <cstdint>
#include <iterator>

namespace belfry::controllers {
namespace {

// FNV-1a: the same name for the same words on every machine, unlike std::hash.
uint64_t Fingerprint(std::initializer_list<std::string_view> words) {
  uint64_t hash = 14695981039346656037ULL;
  for (const std::string_view word : words) {
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash = (hash ^ 0xffU) * 1099511628211ULL;  // a byte that no UTF-8 text has parts the words
  }
  return hash;
}

std::string EventName(const api::ObjectReference& about, std::initializer_list<std::string_view> words) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  uint64_t hash = Fingerprint(words);
  std::string name = about.name + ".";
  for (int i = 0; i < 16; ++i, hash <<= 4) name += kDigits[hash >> 60];
  return name;
}

}  // namespace

EventRecorder::EventRecorder(store::Store& store, const Clock& clock, std::string source)
    : store_(store), clock_(clock), source_(std::move(source)) {}

void EventRecorder::Record(api::ObjectReference about, const EventNote& note) {
  about.resource_version.clear();  // else every write of the object would make another event of it
  const Instant now = clock_.Now();
  Series& series = SeriesOf(about.uid, note.reason, now);
  if (series.messages.contains(note.message) || series.messages.size() < kDistinctMessages) {
    series.messages.insert(note.message);
    return Write(about, note, EventName(about, {about.uid, source_, note.reason, note.message}), 1);
  }
  ++series.unwritten;
  if (now - series.last_write < seconds(1)) return;
  series.last_write = now;
  EventNote combined = note;
  combined.message = "(combined from similar events): " + note.message;
  Write(about, combined, EventName(about, {about.uid, source_, note.reason}),
        std::exchange(series.unwritten, 0));
}

void EventRecorder::Write(const api::ObjectReference& about, const EventNote& note, const std::string& name,
                          int32_t count) {
  const Instant now = clock_.Now();
  // An event that cannot be written is not worth failing the reconcile that it tells of.
  if (const auto known = store_.Get<api::Event>(about.ns, name)) {
    api::Event event = *known;
    event.count += count;
    event.message = note.message;
    event.last_timestamp = now;
    (void)store_.Update(std::move(event));
    return;
  }
  api::Event event;
  event.metadata.ns = about.ns;
  event.metadata.name = name;
  event.involved_object = about;
  event.type = note.type;
  event.reason = note.reason;
  event.message = note.message;
  event.source = source_;
  event.first_timestamp = event.last_timestamp = now;
  event.count = count;
  (void)store_.Create(std::move(event));
}

EventRecorder::Series& EventRecorder::SeriesOf(const std::string& uid, const std::string& reason,
                                               Instant now) {
  const std::string key = uid + '\xff' + reason;  // a byte that no UTF-8 text has
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    series_.splice(series_.end(), series_, known->second);
  } else {
    series_.push_back({.key = key, .messages = {}, .last_write = {}, .last_seen = now});
    by_key_.emplace(series_.back().key, std::prev(series_.end()));
  }
  series_.back().last_seen = now;
  while (series_.size() > kMaxSeries || now - series_.front().last_seen > kEventTtl) {
    by_key_.erase(series_.front().key);
    series_.pop_front();
  }
  return series_.back();
}

EventPruner::EventPruner(store::Store& store, const Clock& clock, size_t max_events)
    : store_(store), clock_(clock), max_events_(max_events) {}

namespace {

std::pair<Instant, api::Key> AgeOf(const api::Event& event) {
  return {event.last_timestamp.value_or(Instant()), api::KeyOf(event)};
}

}  // namespace

void EventPruner::OnChange(const store::Change& change, const Enqueue& enqueue) {
  if (change.key.kind != api::Kind::kEvent) return;
  if (change.before) by_age_.erase(AgeOf(*api::As<api::Event>(*change.before)));
  if (change.after) by_age_.insert(AgeOf(*api::As<api::Event>(*change.after)));
  // Only the oldest matters: it is looked at, and whatever comes after it then.
  if (!by_age_.empty()) enqueue(api::Key{api::Kind::kEvent, {}, {}}, seconds(1));
}

Result<Look> EventPruner::Reconcile(const api::Key&) {
  constexpr size_t kPortion = 100;
  for (size_t removed = 0; !by_age_.empty(); ++removed) {
    const auto& [seen, key] = *by_age_.begin();
    const bool due = clock_.Now() - seen >= kEventTtl || by_age_.size() > max_events_;
    if (!due) return Look{.at = seen + kEventTtl};
    if (removed == kPortion) return Look{.again = true};
    (void)store_.Remove(key);  // gone already: as wished
    by_age_.erase(by_age_.begin());
  }
  return Look{};
}

}  // namespace belfry::controllers
