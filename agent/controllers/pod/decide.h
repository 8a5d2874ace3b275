// What to do about a pod, given what the runtime says of it; pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/controllers/controller.h"
#include "agent/controllers/pod/facts.h"
#include "agent/controllers/pod/launch.h"

namespace belfry::controllers {

struct PodObserved {
  const PodFacts& facts;
  LaunchSources sources;
};

struct StartContainer {
  runtime::ContainerStart start;
  bool operator==(const StartContainer&) const = default;
};
struct SignalContainer {
  runtime::ContainerId id;
  int signal = 0;
  bool operator==(const SignalContainer&) const = default;
};
struct KillContainer {
  runtime::ContainerId id;
  bool operator==(const KillContainer&) const = default;
};
// Its end is in `status`: once that is on record the runtime may forget it.
struct ForgetContainer {
  runtime::ContainerId id;
  bool operator==(const ForgetContainer&) const = default;
};
// Nothing of the pod runs, its end is on record and counted: its files and the object may go.
struct RemovePod {
  bool operator==(const RemovePod&) const = default;
};

using PodAction = std::variant<StartContainer, SignalContainer, KillContainer, ForgetContainer, RemovePod>;

// Requires of whoever applies it: actions happen only after `status` is durable.
struct PodDecision {
  api::PodStatus status;
  std::optional<std::string> backoff_base;  // the new value of kBackOffBaseAnnotation
  std::vector<PodAction> actions;
  std::vector<EventNote> events;
  std::optional<Instant> look_again;
  // Worth another look when a ConfigMap, a Secret, a claim or what the configuration says of images changes.
  bool waits_for_config = false;
};

// Source: kubelet pkg/kubelet, as of 1.34; deviations in docs/pods.md.
PodDecision DecidePod(const api::Pod& pod, const PodObserved& observed, Instant now);

}  // namespace belfry::controllers
