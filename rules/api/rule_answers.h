// Answers about rules and alerts.
#pragma once

#include "agent/base/time.h"
#include "agent/http/message.h"
#include "rules/api/routes.h"

namespace belfry::rules_api {

// Thread: the telemetry loop's.
http::Response Rules(const ApiSources& sources, const http::Request& request, Instant now);
http::Response Alerts(const ApiSources& sources, const http::Request& request, Instant now);

}  // namespace belfry::rules_api
