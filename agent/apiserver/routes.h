// The Kubernetes-compatible face: objects under Kubernetes' paths, in Kubernetes' words.
// Source: kubernetes/apiserver, as kubectl 1.27 to 1.33 and the Python client use it.
#pragma once

#include <functional>

#include "agent/apiserver/delete_options.h"
#include "agent/base/event_loop.h"
#include "agent/base/random.h"
#include "agent/http/router.h"
#include "agent/store/store.h"

namespace belfry::apiserver {

struct ApiOptions {
  // The store's; requires: outlives the routes' requests.
  std::function<store::Store&()> store;
  // Begins an object's deletion. Errors: kNotFound, kConflict. Thread: the core loop's.
  std::function<Result<void>(const api::Key& key, const DeleteOptions& options)> remove;
  // Whether a new object may be created now, by rules that concern others, too; may be empty.
  // Errors: kFailedPrecondition (409, to be tried again). Thread: the core loop's.
  std::function<Result<void>(const api::Object& object)> admit;
  // Names of objects that only say how theirs begins. Thread: the core loop's.
  std::function<Random&()> random;
};

// GET of an object and of a collection, POST to one, DELETE, for every resource of resource.h. A write is
// answered once it is durable. Requires: the loops outlive the router's requests.
void AddRoutes(http::Router& router, EventLoop& core, EventLoop& http, ApiOptions options);

}  // namespace belfry::apiserver
