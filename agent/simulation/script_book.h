// Which outcome each start of a simulated container gets.
#pragma once

#include <map>
#include <string>

#include "agent/runtime/runtime.h"
#include "agent/simulation/outcome.h"
#include "agent/store/store.h"

namespace belfry::simulation {

// Deals the outcomes of a CronJob (or of a Job or pod without one) to the starts of its pods, in turn. A
// pod's first container gets the outcome; others end when it ends, with 0; init containers take no time.
// Thread: the core loop's.
class ScriptBook {
 public:
  // Requires: the store outlives the book; annotations of what is in it can be read (ReadOutcomes).
  ScriptBook(const store::Store& store, History history, Outcome fallback)
      : store_(store), history_(std::move(history)), fallback_(fallback) {}

  Outcome For(const runtime::ContainerStart& start);

  // How many outcomes each has dealt out.
  using Position = std::map<api::Key, size_t>;
  Position position() const;
  // Goes on from there. To be called before the first start.
  void SetPosition(Position position) { begin_ = std::move(position); }
  // The place of each in its cycle, as text.
  std::string PlaceText() const;

 private:
  struct Dealer {
    OutcomeCycle cycle;
    size_t dealt = 0;
  };

  Dealer& DealerOf(const api::Pod& pod);
  OutcomeCycle CycleOf(const api::Pod& pod, const api::Job* job, const api::CronJob* cronjob) const;
  Outcome Deal(Dealer& dealer) const;

  const store::Store& store_;
  const History history_;
  const Outcome fallback_;
  Position begin_;
  std::map<api::Key, Dealer> dealers_;
  std::string last_pod_uid_;
  Outcome last_outcome_;
};

}  // namespace belfry::simulation
