#include "agent/controllers/pod/drain.h"

#include <utility>

#include "agent/controllers/deletion.h"
#include "agent/controllers/pod/conditions.h"
#include "agent/controllers/pod/phase.h"

namespace belfry::controllers {
namespace {

constexpr std::string_view kWhy = "Pod was terminated because the agent was told to stop.";

api::Pod Disrupted(api::Pod pod, Instant now) {
  pod.status.reason = kTerminatedByAgent;
  pod.status.message = kWhy;
  SetCondition(pod.status.conditions,
               {.type = std::string(kDisruptionTarget),
                .status = api::ConditionStatus::kTrue,
                .reason = "TerminationByKubelet",
                .message = std::string(kWhy)},
               now);
  return pod;
}

}  // namespace

void Drain::Begin(std::function<void()> done) {
  done_ = std::move(done);
  store_.Watch([this](std::span<const store::Change>) { FinishWhenEmpty(); });
  for (const auto& pod : store_.List<api::Pod>()) {
    if (api::IsTerminal(*pod) || IsEnding(*pod)) continue;
    // Without either, the pod would merely run until the supervisor is told to end.
    if (!store_.Update(Disrupted(*pod, clock_.Now())).ok()) continue;
    (void)RequestStop(store_, api::KeyOf(*pod), clock_.Now());
  }
  FinishWhenEmpty();
}

void Drain::FinishWhenEmpty() {
  bool alive = false;
  store_.Visit(api::Kind::kPod, {}, [&](const api::Object& object) {
    alive = alive || !api::IsTerminal(*api::As<api::Pod>(object));
  });
  if (!alive && done_) std::exchange(done_, nullptr)();
}

}  // namespace belfry::controllers
