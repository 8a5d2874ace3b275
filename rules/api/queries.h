// Answers that need series: query, query_range, series, labels, label values, metadata; and those about
// queries as texts.
#pragma once

#include "rules/api/reply.h"
#include "rules/api/routes.h"

namespace belfry::rules_api {

// Thread: the telemetry loop's.
Reply Query(const Call& call);
Reply QueryRange(const Call& call);
Reply Series(const Call& call);
Reply LabelNames(const Call& call);
Reply LabelValues(const Call& call);
Reply Metadata(const Call& call);
Reply FormatQuery(const Call& call);
Reply ParseQuery(const Call& call);

}  // namespace belfry::rules_api
