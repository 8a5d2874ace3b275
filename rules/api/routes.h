// Prometheus' HTTP API over the rule engine and its series: what Grafana, promtool and amtool's neighbours
// ask. Source: Prometheus' /api/v1, as of 3.x; docs/http.md lists the paths.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/http/router.h"
#include "exporters/model/source.h"
#include "rules/promql/engine.h"
#include "rules/rule/engine.h"
#include "rules/storage/queryable.h"

namespace belfry::rules_api {

// Where answers come from; all called on the telemetry loop.
struct ApiSources {
  std::function<std::shared_ptr<const storage::Queryable>(Instant at)> data;
  std::function<std::shared_ptr<const rule::EngineSnapshot>()> rules;
  std::function<std::vector<std::shared_ptr<const model::Snapshot>>()> families;  // for metadata
  promql::EvalOptions eval;
  std::string version;
  std::string revision;
  std::string branch;
  std::function<std::string()> page_url;  // `http://127.0.0.1:2353/metrics`
  Duration max_evaluation = seconds(30);  // of one query, whatever its `timeout` says
};

// One request being answered. Valid during the answer.
struct Call {
  const ApiSources& sources;
  const http::Request& request;
  Instant now;
  const Clock& clock;
  std::function<bool()> gone;  // nobody waits for the answer any more
};

// Adds `<prefix>/api/v1/…`, `<prefix>/-/healthy` and `<prefix>/-/ready`. Each request is carried to the
// telemetry loop and its values are taken there; the text of the answer is made on the HTTP loop. Requires:
// the loops outlive the router's requests.
void AddRoutes(http::Router& router, const std::string& prefix, EventLoop& telemetry, EventLoop& http_loop,
               ApiSources sources);

}  // namespace belfry::rules_api
