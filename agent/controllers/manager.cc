#include "agent/controllers/manager.h"

#include <algorithm>

#include "agent/base/check.h"
#include "agent/base/log.h"

namespace belfry::controllers {

Manager::Manager(EventLoop& loop, store::Store& store, ManagerOptions options)
    : loop_(loop), store_(store), options_(options), alive_(std::make_shared<bool>(true)) {}

Manager::~Manager() { *alive_ = false; }

void Manager::Add(Controller& controller) {
  CHECK(!started_);
  entries_.push_back({&controller, std::make_unique<WorkQueue>(loop_, [this] { Schedule(); })});
}

void Manager::Start() {
  CHECK(!started_);
  started_ = true;
  for (Entry& entry : entries_) entry.controller->Start(EnqueueInto(*entry.queue, Duration(0)));
  store_.WatchWrites([this, alive = alive_](std::span<const store::Change> changes, bool undone) {
    if (!*alive) return;
    for (const store::Change& change : changes) Observe(change, undone ? store::kRetryAfter : Duration(0));
  });
  for (const api::Kind kind : api::kAllKinds) {
    store_.Visit(kind, {}, [this](const api::Object& object) {
      Observe({api::KeyOf(object), std::nullopt, object, api::MetaOf(object).resource_version}, Duration(0));
    });
  }
}

void Manager::Nudge(std::string_view controller, const api::Key& key) {
  for (Entry& entry : entries_) {
    if (entry.controller->name() == controller) entry.queue->Add(key);
  }
}

void Manager::Pause(std::string_view controller) {
  for (Entry& entry : entries_) entry.paused |= entry.controller->name() == controller;
}

bool Manager::idle() const {
  return std::ranges::all_of(entries_, [](const Entry& entry) { return entry.queue->empty(); });
}

std::vector<ControllerStats> Manager::Stats() const {
  std::vector<ControllerStats> stats;
  for (const Entry& entry : entries_) {
    stats.push_back({std::string(entry.controller->name()), entry.reconciles, entry.errors,
                     entry.queue->size(), entry.queue->delayed()});
  }
  return stats;
}

void Manager::Observe(const store::Change& change, Duration least_delay) {
  for (Entry& entry : entries_) entry.controller->OnChange(change, EnqueueInto(*entry.queue, least_delay));
}

Enqueue Manager::EnqueueInto(WorkQueue& queue, Duration least_delay) {
  return [&queue, least_delay](const api::Key& key, Duration delay) {
    delay = std::max(delay, least_delay);
    if (delay <= Duration(0)) {
      queue.Add(key);
    } else {
      queue.AddAfter(key, delay);
    }
  };
}

void Manager::Schedule() {
  if (halted_ || std::exchange(scheduled_, true)) return;
  loop_.Post([this, alive = alive_] {
    if (*alive) RunSlice();
  });
}

// The next slice is posted behind the store's flush of this one.
void Manager::RunSlice() {
  const bool more = WorkFor(options_.slice);
  scheduled_ = false;
  if (more) Schedule();
}

// Controllers take turns key by key, so that ten thousand pods do not keep a CronJob waiting. What they have
// written is shown to them in the same slice: the Job of a due CronJob, its pod and the order to start it
// become durable in one commit.
bool Manager::WorkFor(Duration span) {
  const Duration end = loop_.Monotonic() + span;
  size_t budget = options_.reconciles_per_slice;
  for (bool busy = true; busy;) {
    busy = false;
    for (Entry& entry : entries_) {
      const bool full = budget == 0 || store_.uncommitted() >= options_.writes_per_slice;
      if (full || loop_.Monotonic() >= end) return true;
      if (!RunOne(entry)) continue;
      if (halted_) return false;
      busy = true;
      --budget;
    }
    if (busy) continue;
    store_.ShowWrites();
    busy = HasWork();
  }
  return false;
}

bool Manager::HasWork() const {
  return std::ranges::any_of(entries_,
                             [](const Entry& entry) { return !entry.paused && !entry.queue->empty(); });
}

bool Manager::RunOne(Entry& entry) {
  if (entry.paused) return false;
  const std::optional<api::Key> key = entry.queue->Pop();
  if (!key) return false;
  if (gate_ && !gate_(entry.controller->name())) {
    halted_ = true;
    return true;
  }
  ++entry.reconciles;
  const Duration begin = loop_.Monotonic();
  const Result<Look> result = entry.controller->Reconcile(*key);
  if (observer_) observer_(entry.controller->name(), result.ok(), loop_.Monotonic() - begin);
  Finish(entry, *key, result);
  return true;
}

void Manager::Finish(Entry& entry, const api::Key& key, const Result<Look>& result) {
  if (!result.ok()) {
    ++entry.errors;
    LogWarn(entry.controller->name(), "reconcile failed, to be retried",
            {{"key", key.ToString()}, {"error", result.error()}});
    return entry.queue->Retry(key);
  }
  entry.queue->Forget(key);
  if (result->again) {
    entry.queue->Add(key);
  } else if (result->at) {
    entry.queue->AddAt(key, *result->at);
  }
}

}  // namespace belfry::controllers
