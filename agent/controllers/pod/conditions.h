// A pod's phase and conditions as they follow from its containers' statuses.
#pragma once

#include "agent/api/pod.h"

namespace belfry::controllers {

inline constexpr std::string_view kPodScheduled = "PodScheduled";
inline constexpr std::string_view kPodReadyToStart = "PodReadyToStartContainers";
inline constexpr std::string_view kPodInitialized = "Initialized";
inline constexpr std::string_view kContainersReady = "ContainersReady";
inline constexpr std::string_view kPodReady = "Ready";
inline constexpr std::string_view kDisruptionTarget = "DisruptionTarget";

// Sets the condition of that type; its transition time changes only with its status.
void SetCondition(std::vector<api::Condition>& conditions, api::Condition condition, Instant now);

// Fills in the conditions of `status` for its phase. Requires: container statuses in the order of the spec.
void SetPodConditions(const api::PodSpec& spec, api::PodStatus& status, bool initialized, Instant now);

}  // namespace belfry::controllers
