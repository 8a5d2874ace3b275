// Runs Jobs: the thin shell around DecideJob.
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "agent/base/random.h"
#include "agent/controllers/controller.h"
#include "agent/controllers/event_recorder.h"
#include "agent/controllers/job/decide.h"
#include "agent/controllers/job/observer.h"

namespace belfry::controllers {

// Keeps, for each Job, the names of the pods that still matter, so that a look costs what is going on and not
// what has ever been. Thread: the core loop's.
class JobController : public Controller {
 public:
  // Requires: all outlive the controller.
  JobController(const Clock& clock, store::Store& store, Random& random);

  std::string_view name() const override { return "job-controller"; }
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;
  void Observe(JobObserver observer) { observer_ = std::move(observer); }

 private:
  void OnPodChange(const store::Change& change, const Enqueue& enqueue);
  void Track(const std::string& job_uid, const api::Key& pod);
  Duration BatchPeriod(const std::string& job_uid) const;
  void TellTracking(const store::Change& change) const;
  JobObserved PodsOf(const api::Job& job) const;
  Result<void> Apply(const api::Job& job, JobDecision& decision, JobLook& look);
  Result<void> Unmark(const api::Job& job, const std::string& pod_name);
  Result<void> Remove(const api::Job& job, const std::string& pod_name);
  Result<void> Stop(const api::Job& job, const std::string& pod_name);
  bool CreatePod(const api::Job& job, api::Pod pod);
  void TellForeign(const api::Job& job) const;

  const Clock& clock_;
  store::Store& store_;
  Random& random_;
  EventRecorder events_;
  JobObserver observer_;
  // Job's uid → names of all pods that matter, and of some that no longer do: a name goes only once the
  // change is durable, because an undone one makes the pod matter again.
  std::unordered_map<std::string, std::set<std::string>> pods_;
};

}  // namespace belfry::controllers
