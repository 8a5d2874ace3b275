// The agent's HTTP surface: every path, and who may ask.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/apiserver/routes.h"
#include "agent/base/event_loop.h"
#include "agent/cli/health.h"
#include "agent/http/router.h"
#include "exporters/exposition/metrics_handler.h"
#include "rules/api/routes.h"

namespace belfry::cli {

struct SurfaceOptions {
  std::string token;  // empty: none is asked for
  exposition::MetricsOptions metrics;
  rules_api::ApiSources api;
  // Collects the checks of every part and calls back on any loop.
  std::function<void(std::function<void(std::vector<HealthCheck>)>)> readiness;
  // Reads the configuration again; calls back with the outcome on any loop.
  std::function<void(std::function<void(const Result<void>&)>)> reload;
  apiserver::ApiOptions objects;
  std::string own_host;  // what the listener is called; other names are not this server's
};

struct SurfaceLoops {
  EventLoop& core;
  EventLoop& telemetry;
  EventLoop& http;
};

// Where no token is asked for, what changes things, and objects at all, are kept from pages of other sites
// (http/foreign.h). Requires: the loops outlive the router's requests.
http::Router MakeSurface(SurfaceLoops loops, SurfaceOptions options);

}  // namespace belfry::cli
