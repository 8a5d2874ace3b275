// Answers that need series: query, query_range, series, labels, label values, metadata; and those about
// queries as texts.
#pragma once

#include "agent/base/time.h"
#include "agent/http/message.h"
#include "rules/api/routes.h"

namespace belfry::rules_api {

// Thread: the telemetry loop's.
http::Response Query(const ApiSources& sources, const http::Request& request, Instant now);
http::Response QueryRange(const ApiSources& sources, const http::Request& request, Instant now);
http::Response Series(const ApiSources& sources, const http::Request& request, Instant now);
http::Response LabelNames(const ApiSources& sources, const http::Request& request, Instant now);
http::Response LabelValues(const ApiSources& sources, const http::Request& request, Instant now);
http::Response Metadata(const ApiSources& sources, const http::Request& request, Instant now);
http::Response FormatQuery(const ApiSources& sources, const http::Request& request, Instant now);

}  // namespace belfry::rules_api
