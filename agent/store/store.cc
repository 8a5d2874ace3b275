#include "agent/store/store.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "agent/base/log.h"

namespace belfry::store {
namespace {

// A table that grows moves all its entries at once, which would hold the loop for milliseconds.
constexpr size_t kUsualObjects = 100'000;

// Of the object's controller; empty if it has none.
std::string_view OwnerUid(const api::Object& object) {
  const auto* owner = api::ControllerOf(api::MetaOf(object));
  return owner == nullptr ? std::string_view() : std::string_view(owner->uid);
}

}  // namespace

Store::Store(EventLoop& loop, Random& random, Journal& journal)
    : loop_(loop), random_(random), journal_(journal), alive_(std::make_shared<bool>(true)) {
  places_.reserve(kUsualObjects);
}

Store::~Store() { *alive_ = false; }

Result<void> Store::Open() {
  return journal_.Load([this](api::Object object, uint64_t revision) {
    revision_ = std::max(revision_, revision);
    const api::Key key = api::KeyOf(object);
    Put(key, std::move(object));
  });
}

size_t Store::PlaceHash::operator()(const api::Key& key) const {
  const std::hash<std::string_view> hash;
  return (hash(key.name) * 31 + hash(key.ns)) * 31 + static_cast<size_t>(key.kind);
}

const api::Object* Store::Find(const api::Key& key) const {
  const auto it = places_.find(key);
  return it == places_.end() ? nullptr : &(*it)->second;
}

void Store::Visit(api::Kind kind, const std::string& ns,
                  const std::function<void(const api::Object&)>& visit) const {
  for (auto it = objects_.lower_bound({kind, ns, {}}); it != objects_.end(); ++it) {
    if (it->first.kind != kind || (!ns.empty() && it->first.ns != ns)) break;
    visit(it->second);
  }
}

void Store::VisitControlledBy(api::Kind kind, const std::string& uid,
                              const std::function<void(const api::Object&)>& visit) const {
  const auto owned = controlled_.find(uid);
  if (owned == controlled_.end()) return;
  std::vector<Place> places;
  for (const Place place : owned->second) {
    if (place->first.kind == kind) places.push_back(place);
  }
  std::ranges::sort(places, {}, [](Place place) -> const api::Key& { return place->first; });
  for (const Place place : places) visit(place->second);
}

size_t Store::Count(api::Kind kind) const {
  size_t count = 0;
  Visit(kind, {}, [&](const api::Object&) { ++count; });
  return count;
}

void Store::Prepare(api::ObjectMeta& meta) {
  if (meta.uid.empty()) meta.uid = RandomUid(random_);
  if (!meta.creation_timestamp) meta.creation_timestamp = TruncateToSeconds(loop_.Now());
  meta.generation = 1;
  meta.resource_version = ++revision_;
}

void Store::Advance(api::ObjectMeta& meta, bool spec_changed) {
  if (spec_changed) ++meta.generation;
  meta.resource_version = ++revision_;
}

Result<void> Store::CheckVersion(const api::Key& key, const api::ObjectMeta* current,
                                 const api::ObjectMeta& wanted) const {
  if (current == nullptr) return Error{Code::kNotFound, "update " + key.ToString() + ": it does not exist"};
  if (current->uid != wanted.uid || current->resource_version != wanted.resource_version) {
    return Error{Code::kConflict,
                 "update " + key.ToString() + ": the object has been modified; read it again and retry"};
  }
  return {};
}

Result<void> Store::Insert(api::Object object) {
  const api::Key key = api::KeyOf(object);
  if (Find(key) != nullptr) {
    return Error{Code::kAlreadyExists,
                 "create " + key.ToString() + ": an object of that name already exists"};
  }
  Record(key, Put(key, std::move(object)));
  return {};
}

void Store::Replace(api::Object object) {
  const api::Key key = api::KeyOf(object);
  Record(key, Put(key, std::move(object)));
}

Result<void> Store::Remove(const api::Key& key) {
  if (Find(key) == nullptr) return Error{Code::kNotFound, "delete " + key.ToString() + ": it does not exist"};
  ++revision_;
  Record(key, Put(key, std::nullopt));
  return {};
}

std::optional<api::Object> Store::Put(const api::Key& key, std::optional<api::Object> object) {
  const auto found = places_.find(key);
  if (found == places_.end()) {
    if (object) {
      const Place place = objects_.emplace(key, *std::move(object)).first;
      places_.insert(place);
      Index(place);
    }
    return std::nullopt;
  }
  const Place place = *found;
  if (object && OwnerUid(place->second) == OwnerUid(*object)) {
    return std::exchange(place->second, *std::move(object));
  }
  Unindex(place);
  std::optional<api::Object> before = std::move(place->second);
  if (object) {
    place->second = *std::move(object);
    Index(place);
  } else {
    places_.erase(found);
    objects_.erase(place);
  }
  return before;
}

void Store::Index(Place place) {
  const std::string_view uid = OwnerUid(place->second);
  if (!uid.empty()) controlled_[std::string(uid)].insert(place);
}

void Store::Unindex(Place place) {
  const auto owned = controlled_.find(std::string(OwnerUid(place->second)));
  if (owned == controlled_.end()) return;
  owned->second.erase(place);
  if (owned->second.empty()) controlled_.erase(owned);
}

void Store::Record(const api::Key& key, std::optional<api::Object> before) {
  turn_.push_back({key, std::move(before)});
  ScheduleFlush();
}

void Store::Watch(Watcher watcher) { watchers_.push_back(std::move(watcher)); }

void Store::WatchWrites(WriteWatcher watcher) { write_watchers_.push_back(std::move(watcher)); }

void Store::AfterCommit(std::function<void(const Result<void>&)> done) {
  waiting_.push_back(std::move(done));
  ScheduleFlush();
}

void Store::ScheduleFlush() {
  if (std::exchange(flush_scheduled_, true)) return;
  loop_.Post([this, alive = alive_] {
    if (*alive) Flush();
  });
}

// The net effect: one change per object, in the order of the first write.
std::vector<Change> Store::NetChanges(std::span<const Undo> writes) const {
  std::unordered_set<Place, PlaceHash, PlaceEqual> seen;
  std::set<api::Key> gone;
  std::vector<Change> changes;
  for (const Undo& undo : writes) {
    const auto place = places_.find(undo.key);
    const bool first = place == places_.end() ? gone.insert(undo.key).second : seen.insert(*place).second;
    if (!first) continue;
    changes.push_back({undo.key, undo.before, std::nullopt, revision_});
    if (place != places_.end()) changes.back().after = (*place)->second;
  }
  // Created and removed again: nobody need know.
  std::erase_if(changes, [](const Change& change) { return !change.before && !change.after; });
  return changes;
}

void Store::ShowWrites() {
  if (shown_ == turn_.size()) return;
  const std::vector<Change> changes = NetChanges(std::span(turn_).subspan(shown_));
  shown_ = turn_.size();
  for (const WriteWatcher& watcher : write_watchers_) watcher(changes, false);
}

void Store::Flush() {
  ShowWrites();
  flush_scheduled_ = false;
  shown_ = 0;
  const std::vector<Undo> turn = std::exchange(turn_, {});
  const auto waiting = std::exchange(waiting_, {});
  std::vector<Change> changes = NetChanges(turn);

  std::vector<JournalEntry> entries;
  for (const Change& change : changes) entries.push_back({change.key, change.after});
  const Result<void> committed = entries.empty() ? Result<void>() : journal_.Commit(entries, revision_);
  if (!committed.ok()) {
    Revert(turn, std::move(changes), committed.error());
  } else {
    if (!entries.empty() && degraded_) {
      LogInfo("store", "commits succeed again");
      degraded_.reset();
    }
    Tell(changes);
  }
  for (const auto& done : waiting) done(committed);
  if (entries.empty()) return;
  loop_.Post([this, alive = alive_] {
    if (*alive) journal_.Tidy();
  });
}

void Store::Tell(const std::vector<Change>& changes) {
  if (changes.empty()) return;
  for (const Watcher& watcher : watchers_) watcher(changes);
}

void Store::Revert(const std::vector<Undo>& turn, std::vector<Change> changes, const Error& error) {
  if (!degraded_) LogError("store", "commit failed, its writes are undone", {{"error", error}});
  degraded_ = error;
  for (const Undo& undo : std::ranges::reverse_view(turn)) Put(undo.key, undo.before);
  for (Change& change : changes) std::swap(change.before, change.after);
  for (const WriteWatcher& watcher : write_watchers_) watcher(changes, true);
  loop_.RunAfter(kRetryAfter, [this, alive = alive_, changes = std::move(changes)]() mutable {
    if (!*alive) return;
    for (Change& change : changes) {
      if (!change.before) change.before = change.after;  // it was to be deleted
      const api::Object* now = Find(change.key);
      change.after = now == nullptr ? std::nullopt : std::optional(*now);
    }
    Tell(changes);
  });
}

}  // namespace belfry::store
