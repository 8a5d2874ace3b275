// The agent's HTTP surface: every path, and who may ask.
#pragma once

#include <functional>
#include <string>
#include <vector>

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
};

// Requires: both loops outlive the router's requests.
http::Router MakeSurface(EventLoop& telemetry, EventLoop& http, SurfaceOptions options);

}  // namespace belfry::cli
