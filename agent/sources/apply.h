// Bringing the store to what a manifest says.
#pragma once

#include <string_view>

#include "agent/api/object.h"
#include "agent/base/result.h"
#include "agent/store/store.h"

namespace belfry::sources {

enum class Applied { kCreated, kConfigured, kUnchanged };
std::string_view AppliedName(Applied applied);  // "created", as kubectl says it

// Creates the object, or changes the stored one of that key to its spec, labels and annotations. Status,
// owners, finalizers and what the system adds (generated selector and labels, annotations of belfry.io,
// kubernetes.io and below) stay. What is the same already is not written. Requires: `wanted` has its defaults
// (as from ParseManifests). Errors: kInvalid `The Job "etl" is invalid: spec.template: Invalid value: …:
// field is immutable`; kFailedPrecondition while the stored one is being deleted; those of the store. Thread:
// the store's.
Result<Applied> Apply(store::Store& store, const api::Object& wanted);

}  // namespace belfry::sources
