// Drives the controllers: store changes become keys, keys become reconciles, in slices that never hold the
// loop for long. A slice goes on until nothing follows from what it wrote; then all of it is one commit.
#pragma once

#include <memory>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/controllers/controller.h"
#include "agent/controllers/work_queue.h"

namespace belfry::controllers {

struct ManagerOptions {
  // A slice ends after this time, number of reconciles or number of writes, whichever comes first; one slice
  // is one store commit, which holds the loop as well.
  Duration slice = milliseconds(2);
  size_t reconciles_per_slice = 200;
  size_t writes_per_slice = 256;
};

struct ControllerStats {
  std::string name;
  uint64_t reconciles = 0;
  uint64_t errors = 0;
  size_t queued = 0;   // ready to be looked at
  size_t delayed = 0;  // to be looked at later
};

// Thread: the core loop's.
class Manager {
 public:
  // Requires: loop, store and the controllers outlive the manager or the loop is not run after it is gone.
  Manager(EventLoop& loop, store::Store& store, ManagerOptions options = {});
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Requires: before Start; in the order in which controllers get their turns.
  void Add(Controller& controller);
  // Shows every object in the store to every controller as a creation, then each change.
  void Start();
  // Asked before each reconcile; after its first "no" nothing is reconciled any more.
  void BeforeAction(ActionGate gate) { gate_ = std::move(gate); }
  // Something makes it worth looking at this key with the controller of that name.
  void Nudge(std::string_view controller, const api::Key& key);
  // Told of each reconcile: whose, how it went, how long it took. May be empty.
  using Observer = std::function<void(std::string_view controller, bool success, Duration took)>;
  void OnReconciled(Observer observer) { observer_ = std::move(observer); }
  // Gives the controller of that name no more turns: an agent that stops makes nothing new.
  void Pause(std::string_view controller);

  bool idle() const;  // no key is ready; delayed ones may exist
  bool halted() const { return halted_; }
  std::vector<ControllerStats> Stats() const;

 private:
  struct Entry {
    Controller* controller;
    std::unique_ptr<WorkQueue> queue;
    uint64_t reconciles = 0;
    uint64_t errors = 0;
    bool paused = false;
  };

  void Observe(const store::Change& change, Duration least_delay);
  static Enqueue EnqueueInto(WorkQueue& queue, Duration least_delay);
  void Schedule();
  void RunSlice();
  bool WorkFor(Duration span);  // true: there is more to do
  bool HasWork() const;
  bool RunOne(Entry& entry);
  void Finish(Entry& entry, const api::Key& key, const Result<Look>& result);

  EventLoop& loop_;
  store::Store& store_;
  ManagerOptions options_;
  std::vector<Entry> entries_;
  ActionGate gate_;
  Observer observer_;
  bool started_ = false;
  bool scheduled_ = false;
  bool halted_ = false;
  std::shared_ptr<bool> alive_;  // the store's watch and posted slices outlive nobody
};

}  // namespace belfry::controllers
