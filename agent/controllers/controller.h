// What every controller is: changes name keys, keys are reconciled one at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/object.h"
#include "agent/base/result.h"
#include "agent/store/store.h"

namespace belfry::controllers {

// A message for the owner of an object; decisions return them, the shell records them.
struct EventNote {
  api::EventType type = api::EventType::kNormal;
  std::string reason;   // CamelCase
  std::string message;  // a sentence

  bool operator==(const EventNote&) const = default;
};

// When a key should be looked at again although nothing has changed. `at` replaces what earlier reconciles of
// the key asked for.
struct Look {
  std::optional<Instant> at = std::nullopt;
  bool again = false;  // at once, after the others: the work was cut into portions

  bool operator==(const Look&) const = default;
};

// Takes keys that are to be looked at: at once, or at the latest `delay` from now.
using Enqueue = std::function<void(const api::Key& key, Duration delay)>;

// Says whether an effect may happen; false: the process counts as dead from here on. Tests stop after the
// n-th action with it.
using ActionGate = std::function<bool(std::string_view action)>;

// Level-triggered: a key says only where to look. Every reconcile looks at the whole truth in the store, and
// dying between any two lines of it is harmless, because its writes become durable together (store.h).
// Thread: the core loop's.
class Controller {
 public:
  virtual ~Controller() = default;
  // "job-controller": source of its events, logger and metrics.
  virtual std::string_view name() const = 0;
  // Called once, before anything else; `enqueue` may be called any time later (runtime events, reloads).
  virtual void Start(Enqueue enqueue) { (void)enqueue; }
  // Enqueues the keys that a change concerns. At the start every object is shown as a creation. The change is
  // not durable yet (Store::WatchWrites); one that could not be made so is shown undone.
  virtual void OnChange(const store::Change& change, const Enqueue& enqueue) = 0;
  // Brings one object nearer to what is wanted. Errors: any; the key is retried with growing delay.
  virtual Result<Look> Reconcile(const api::Key& key) = 0;
};

}  // namespace belfry::controllers
