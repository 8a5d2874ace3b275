// Door: the objects. In memory for reading, in the journal for keeps; one transaction per loop turn.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/event_loop.h"
#include "agent/base/random.h"
#include "agent/base/result.h"
#include "agent/manifest/defaults.h"
#include "agent/store/journal.h"

namespace belfry::store {

// After a failed commit, how long nobody should write what was undone: a full disk is not emptied by trying
// in a circle.
inline constexpr Duration kRetryAfter = seconds(1);

// One change. `before` is absent for a creation, `after` for a deletion.
struct Change {
  api::Key key;
  std::optional<api::Object> before;
  std::optional<api::Object> after;
  uint64_t revision = 0;
};

// Reads see the writes of the same turn at once. At the turn's end all its writes are committed together;
// only then do watchers hear of them and AfterCommit callbacks run. If the commit fails, the turn's writes
// are undone, AfterCommit callbacks get the error, and kRetryAfter later watchers get `before` as it was
// wanted and `after` as it is, so that whoever wanted the change looks again; the store reports itself
// degraded until a commit succeeds. Thread: the core loop's.
class Store {
 public:
  // Requires: loop, random and journal outlive the store.
  Store(EventLoop& loop, Random& random, Journal& journal);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Reads the journal. To be called once, before anything else.
  Result<void> Open();

  // --- Reading ---
  template <class T>
  api::Ptr<T> Get(const std::string& ns, const std::string& name) const {
    const api::Object* object = Find({T::kKind, ns, name});
    return object == nullptr ? nullptr : api::As<T>(*object);
  }
  // All of a kind in the order of namespace and name; `ns` empty: every namespace.
  template <class T>
  std::vector<api::Ptr<T>> List(const std::string& ns = {}) const {
    std::vector<api::Ptr<T>> list;
    Visit(T::kKind, ns, [&](const api::Object& object) { list.push_back(api::As<T>(object)); });
    return list;
  }
  // Those of a kind whose controller is the object with that uid, in the order of namespace and name.
  template <class T>
  std::vector<api::Ptr<T>> ListControlledBy(const std::string& owner_uid) const {
    std::vector<api::Ptr<T>> list;
    VisitControlledBy(T::kKind, owner_uid,
                      [&](const api::Object& object) { list.push_back(api::As<T>(object)); });
    return list;
  }
  const api::Object* Find(const api::Key& key) const;
  void Visit(api::Kind kind, const std::string& ns,
             const std::function<void(const api::Object&)>& visit) const;
  size_t Count(api::Kind kind) const;
  uint64_t revision() const { return revision_; }

  // --- Writing; the returned value is what is stored ---
  // Sets uid, creationTimestamp, resourceVersion, generation 1, and what Kubernetes' API server fills in at
  // creation: defaults, and a Job's generated selector and labels. Errors: kAlreadyExists.
  template <class T>
  Result<api::Ptr<T>> Create(T object) {
    Prepare(object.metadata);
    manifest::ApplyDefaults(object);
    if constexpr (std::is_same_v<T, api::Job>) manifest::CompleteJob(object);
    auto stored = std::make_shared<const T>(std::move(object));
    RETURN_IF_ERROR(Insert(api::Object(stored)));
    return stored;
  }
  // Replaces the object if nobody has written it since `object` was read. Errors: kNotFound, kConflict. A
  // write that changes nothing is none. `spec_changed` raises metadata.generation.
  template <class T>
  Result<api::Ptr<T>> Update(T object, bool spec_changed = false) {
    const auto current = Get<T>(object.metadata.ns, object.metadata.name);
    RETURN_IF_ERROR(
        CheckVersion(api::KeyOf(object), current ? &current->metadata : nullptr, object.metadata));
    if (*current == object) return current;
    Advance(object.metadata, spec_changed);
    auto stored = std::make_shared<const T>(std::move(object));
    Replace(api::Object(stored));
    return stored;
  }
  // Takes the object away at once; finalizers, grace periods and owners are the controllers' business.
  // Errors: kNotFound.
  Result<void> Remove(const api::Key& key);

  // --- Hearing of changes ---
  // Called after each commit with what it changed, in order of writing. The span is valid during the call.
  using Watcher = std::function<void(std::span<const Change>)>;
  void Watch(Watcher watcher);
  // Shows writes before they are durable, to whoever has more to write in the same transaction because of
  // them: by ShowWrites, and at the latest before the commit. If that fails, the undoing is shown at once, as
  // changes of their own. What leaves the store because of them (an answer, a process) waits for AfterCommit.
  // The watcher must not write.
  using WriteWatcher = std::function<void(std::span<const Change> changes, bool undone)>;
  void WatchWrites(WriteWatcher watcher);
  // Shows this turn's writes so far that have not been shown yet: each object once.
  void ShowWrites();
  // Runs once this turn's writes are durable (at the turn's end, also if there are none), or with the reason
  // why they are not.
  void AfterCommit(std::function<void(const Result<void>&)> done);

  // Writes of this turn so far.
  size_t uncommitted() const { return turn_.size(); }

  // The error of the last commit if it failed; nothing written since has been durable.
  const std::optional<Error>& degraded() const { return degraded_; }

 private:
  struct Undo {
    api::Key key;
    std::optional<api::Object> before;
  };
  using Objects = std::map<api::Key, api::Object>;
  using Place = Objects::iterator;
  struct PlaceHash {
    using is_transparent = void;
    size_t operator()(const api::Key& key) const;
    size_t operator()(Place place) const { return (*this)(place->first); }
  };
  struct PlaceEqual {
    using is_transparent = void;
    bool operator()(Place a, Place b) const { return a == b; }
    bool operator()(const api::Key& key, Place place) const { return key == place->first; }
    bool operator()(Place place, const api::Key& key) const { return key == place->first; }
  };
  struct ByAddress {
    bool operator()(Place a, Place b) const { return std::less<const void*>()(&*a, &*b); }
  };

  void Prepare(api::ObjectMeta& meta);
  void Advance(api::ObjectMeta& meta, bool spec_changed);
  Result<void> CheckVersion(const api::Key& key, const api::ObjectMeta* current,
                            const api::ObjectMeta& wanted) const;
  Result<void> Insert(api::Object object);
  void Replace(api::Object object);
  // Puts `object` (or nothing) at `key`, keeping the owner index right; returns what was there.
  std::optional<api::Object> Put(const api::Key& key, std::optional<api::Object> object);
  void Index(Place place);
  void Unindex(Place place);
  void VisitControlledBy(api::Kind kind, const std::string& uid,
                         const std::function<void(const api::Object&)>& visit) const;
  void Record(const api::Key& key, std::optional<api::Object> before);
  void ScheduleFlush();
  void Flush();
  std::vector<Change> NetChanges(std::span<const Undo> writes) const;
  void Tell(const std::vector<Change>& changes);
  void Revert(const std::vector<Undo>& turn, std::vector<Change> changes, const Error& error);

  EventLoop& loop_;
  Random& random_;
  Journal& journal_;
  uint64_t revision_ = 0;
  Objects objects_;
  // Found without comparing names, which are long, alike, and far apart in memory.
  std::unordered_set<Place, PlaceHash, PlaceEqual> places_;  // of all objects
  // By the owner's uid. Trees: a table that grows moves all its entries at once, which holds the loop.
  std::unordered_map<std::string, std::set<Place, ByAddress>> controlled_;
  std::vector<Undo> turn_;  // this turn's writes, oldest first
  size_t shown_ = 0;        // so many of them have been shown
  std::vector<std::function<void(const Result<void>&)>> waiting_;
  std::vector<Watcher> watchers_;
  std::vector<WriteWatcher> write_watchers_;
  bool flush_scheduled_ = false;
  std::optional<Error> degraded_;
  std::shared_ptr<bool> alive_;  // posted flushes outlive nobody
};

}  // namespace belfry::store
