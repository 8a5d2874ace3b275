// From a container of a pod to the process that is to be started; pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "agent/controllers/pod/environment.h"
#include "agent/runtime/places.h"
#include "agent/runtime/runtime.h"

namespace belfry::controllers {

// Why a container cannot be started now. It waits with this reason and is tried again when what it refers to
// changes.
struct LaunchRefused {
  std::string reason;  // CreateContainerConfigError, CreateContainerError
  std::string message;

  bool operator==(const LaunchRefused&) const = default;
};

struct Launch {
  runtime::ContainerStart start;
  std::vector<std::string> warnings;  // for the pod's owner, reason InvalidEnvironmentVariableNames
};

// What a manifest may refer to.
struct LaunchSources {
  const ConfigSource& config;
  const HostFacts& host;
  const runtime::Places& places;
};

// The environment is PATH, HOME and HOSTNAME, then the image's, then the manifest's; nothing of the agent's.
// Source: kubelet makeEnvironmentVariables, kuberuntime generateContainerConfig, as of 1.34.
std::variant<Launch, LaunchRefused> BuildLaunch(const api::Pod& pod, const api::Container& container,
                                                int32_t attempt, const LaunchSources& from);

}  // namespace belfry::controllers
