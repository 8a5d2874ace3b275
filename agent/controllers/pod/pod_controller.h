// Runs pods: the thin shell around DecidePod.
#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/base/event_loop.h"
#include "agent/controllers/controller.h"
#include "agent/controllers/event_recorder.h"
#include "agent/controllers/pod/decide.h"
#include "agent/controllers/pod/runtime_view.h"
#include "agent/runtime/image_map.h"
#include "agent/runtime/runtime.h"

namespace belfry::controllers {

// Thread: the core loop's.
class PodController : public Controller {
 public:
  // Requires: all outlive the controller, and the loop is not run after it is gone. It becomes the runtime's
  // only listener.
  PodController(const EventLoop& loop, store::Store& store, runtime::Runtime& runtime, HostFacts host,
                runtime::Places places);
  ~PodController() override;

  std::string_view name() const override { return "pod-controller"; }
  // Takes up contact with the runtime; until it has told what runs, pods are left alone.
  void Start(Enqueue enqueue) override;
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;

  // After a reload of the configuration: pods that wait for their image's entry are tried again.
  void SetPlaces(runtime::Places places);
  // Asked before each command to the runtime; after its first "no" none is given any more. For tests.
  void BeforeAction(ActionGate gate) { gate_ = std::move(gate); }
  bool synced() const { return view_.synced(); }

 private:
  void OnRuntimeEvent(const runtime::RuntimeEvent& event);
  void DropOrphan(const runtime::RuntimeEvent& event);
  void EnqueueWaiting(const std::string& ns);
  ConfigSource ConfigOf(const std::string& ns) const;
  Result<void> Apply(const api::Pod& pod, const PodDecision& decision);
  Result<void> Write(const api::Pod& pod, const PodDecision& decision);
  Result<void> Remove(const api::Pod& pod);
  void Act(const api::Key& key, const PodAction& action);
  // What was decided is not going to be done.
  void Abandon(const PodAction& action);
  bool StillWanted(const api::Key& key, const runtime::ContainerId& id) const;
  bool Permitted(std::string_view action);

  const EventLoop& loop_;
  store::Store& store_;
  runtime::Runtime& runtime_;
  HostFacts host_;
  runtime::Places places_;
  EventRecorder events_;
  RuntimeView view_;
  Enqueue enqueue_;
  ActionGate gate_;
  bool halted_ = false;
  std::map<std::string, api::Key> by_uid_;  // no table: one that grows moves all its entries at once
  std::set<api::Key> waiting_for_config_;
  std::shared_ptr<bool> alive_;  // callbacks after a commit outlive nobody
};

}  // namespace belfry::controllers
