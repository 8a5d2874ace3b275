// Removes finished Jobs after their ttlSecondsAfterFinished.
#pragma once

#include <functional>
#include <optional>

#include "agent/base/clock.h"
#include "agent/controllers/controller.h"

namespace belfry::controllers {

// When the Job became Complete or Failed; nothing while it is neither.
std::optional<Instant> FinishedAt(const api::Job& job);
// When the Job is to go; nothing if it has not finished or has no ttl.
std::optional<Instant> TtlDue(const api::Job& job);

// Pods first (foreground), whatever the outcome; the ttl may be changed in both directions after the end.
// Thread: the core loop's. Source: kubernetes pkg/controller/ttlafterfinished, as of 1.34.
class TtlController : public Controller {
 public:
  // Requires: both outlive the controller.
  TtlController(const Clock& clock, store::Store& store) : clock_(clock), store_(store) {}

  std::string_view name() const override { return "ttl-after-finished-controller"; }
  void OnChange(const store::Change& change, const Enqueue& enqueue) override;
  Result<Look> Reconcile(const api::Key& key) override;
  // Told how long after its ttl a Job was deleted.
  void OnDeleted(std::function<void(Duration late)> deleted) { deleted_ = std::move(deleted); }

 private:
  std::function<void(Duration)> deleted_;
  const Clock& clock_;
  store::Store& store_;
};

}  // namespace belfry::controllers
