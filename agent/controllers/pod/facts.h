// What the runtime has said about one pod's containers.
#pragma once

#include <map>
#include <set>
#include <variant>

#include "agent/runtime/runtime.h"

namespace belfry::controllers {

// Told to start; nothing heard yet.
struct Starting {
  bool operator==(const Starting&) const = default;
};

using ContainerFact = std::variant<Starting, runtime::ContainerStarted, runtime::ContainerStartFailed,
                                   runtime::ContainerExited>;

struct PodFacts {
  bool synced = false;  // the runtime has told all it has: a container not in here does not exist
  std::map<runtime::ContainerId, ContainerFact> containers;
  std::set<runtime::ContainerId> signalled;  // sent SIGTERM by this agent

  const ContainerFact* Find(const runtime::ContainerId& id) const {
    const auto it = containers.find(id);
    return it == containers.end() ? nullptr : &it->second;
  }
};

inline bool MayRun(const ContainerFact& fact) {
  return std::holds_alternative<Starting>(fact) || std::holds_alternative<runtime::ContainerStarted>(fact);
}

}  // namespace belfry::controllers
