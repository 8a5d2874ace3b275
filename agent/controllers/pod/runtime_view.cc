#include "agent/controllers/pod/runtime_view.h"

#include <set>

namespace belfry::controllers {

std::vector<std::string> RuntimeView::Apply(const runtime::RuntimeEvent& event) {
  if (const auto* synced = std::get_if<runtime::RuntimeSynced>(&event)) return Sync(*synced);
  if (std::holds_alternative<runtime::RuntimeLost>(event)) {
    synced_ = false;
    return {};
  }
  return std::visit(
      [this](const auto& about) -> std::vector<std::string> {
        if constexpr (requires { about.id; }) {
          PodFacts& facts = pods_[about.id.pod_uid];
          const auto known = facts.containers.find(about.id);
          // Events are repeated after a reconnect; a start must not undo an end that has been heard of.
          constexpr bool kIsStart = std::is_same_v<std::decay_t<decltype(about)>, runtime::ContainerStarted>;
          if (kIsStart && known != facts.containers.end() && !MayRun(known->second)) return {};
          facts.containers.insert_or_assign(about.id, ContainerFact(about));
          return {about.id.pod_uid};
        } else {
          return {};
        }
      },
      event);
}

// Ends stay until they are on record. A start that the runtime does not know of is given again.
std::vector<std::string> RuntimeView::Sync(const runtime::RuntimeSynced& synced) {
  synced_ = true;
  const std::set<runtime::ContainerId> known(synced.known.begin(), synced.known.end());
  std::vector<std::string> uids;
  for (auto& [uid, facts] : pods_) {
    uids.push_back(uid);
    std::erase_if(facts.containers,
                  [&](const auto& entry) { return MayRun(entry.second) && !known.contains(entry.first); });
  }
  return uids;
}

PodFacts RuntimeView::FactsOf(const std::string& pod_uid) const {
  const auto it = pods_.find(pod_uid);
  PodFacts facts = it == pods_.end() ? PodFacts() : it->second;
  facts.synced = synced_;
  return facts;
}

void RuntimeView::MarkStarting(const runtime::ContainerId& id) {
  pods_[id.pod_uid].containers.try_emplace(id, Starting{});
}

void RuntimeView::UnmarkStarting(const runtime::ContainerId& id) {
  const auto pod = pods_.find(id.pod_uid);
  if (pod == pods_.end()) return;
  const auto fact = pod->second.containers.find(id);
  if (fact != pod->second.containers.end() && std::holds_alternative<Starting>(fact->second)) Forget(id);
}

void RuntimeView::MarkSignalled(const runtime::ContainerId& id) { pods_[id.pod_uid].signalled.insert(id); }

void RuntimeView::Forget(const runtime::ContainerId& id) {
  const auto it = pods_.find(id.pod_uid);
  if (it == pods_.end()) return;
  it->second.containers.erase(id);
  it->second.signalled.erase(id);
  if (it->second.containers.empty()) pods_.erase(it);
}

}  // namespace belfry::controllers
