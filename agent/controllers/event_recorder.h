// Events for the owners of objects, as objects in the store.
#pragma once

#include <list>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "agent/controllers/controller.h"

namespace belfry::controllers {

inline constexpr Duration kEventTtl = hours(1);
inline constexpr size_t kMaxEvents = 10'000;
// Differing messages of one object and reason that get an event of their own; further ones share one.
inline constexpr size_t kDistinctMessages = 25;
// Objects and reasons of which a recorder remembers what it has said; client-go's cache has as many.
inline constexpr size_t kMaxSeries = 4096;

// Repetitions of one message raise `count` of one event. An event's name is a function of what it says, so a
// repetition after a restart finds it. Thread: the core loop's.
// Source: client-go tools/record (aggregation); we combine by object and reason, so that a thousand "Created
// pod" never hide the one "backoff limit reached", and a combined event is written once a second at most.
class EventRecorder {
 public:
  // `source`: the component, "job-controller". Requires: store and clock outlive the recorder.
  EventRecorder(store::Store& store, const Clock& clock, std::string source);

  template <class T>
  void Record(const T& object, const EventNote& note) {
    Record(api::ReferenceTo(object), note);
  }
  void Record(api::ObjectReference about, const EventNote& note);

 private:
  // One object's events of one reason.
  struct Series {
    std::string key;  // the object's uid and the reason
    std::set<std::string> messages;
    int32_t unwritten = 0;  // combined occurrences since the last write
    Instant last_write;
    Instant last_seen;
  };

  void Write(const api::ObjectReference& about, const EventNote& note, const std::string& name,
             int32_t count);
  Series& SeriesOf(const std::string& uid, const std::string& reason, Instant now);

  store::Store& store_;
  const Clock& clock_;
  std::string source_;
  std::list<Series> series_;  // the one seen last at the end
  std::unordered_map<std::string_view, std::list<Series>::iterator> by_key_;
};

// Removes events an hour after they were last seen, and the oldest when there are too many.
class EventPruner : public Controller {
 public:
  EventPruner(store::Store& store, const Clock& clock, size_t max_events = kMaxEvents);

  std::string_view name() const override { return "event-pruner"; }
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;

 private:
  store::Store& store_;
  const Clock& clock_;
  size_t max_events_;
  std::set<std::pair<Instant, api::Key>> by_age_;
};

}  // namespace belfry::controllers
