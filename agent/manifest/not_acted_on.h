// Which fields of an object this version keeps but does nothing about: said on apply and in notActedOn, never
// silently dropped.
#pragma once

#include <string>
#include <vector>

#include "agent/api/object.h"

namespace belfry::manifest {

// Field paths from the object's root, sorted: all of `kept`, volumes and mounts, resources, and annotations
// that ask other programs for something (`metadata.annotations[sidecar.istio.io/inject]`).
std::vector<std::string> NotActedOn(const api::Object& object);

}  // namespace belfry::manifest
