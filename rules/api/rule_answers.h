// Answers about rules and alerts.
#pragma once

#include "rules/api/reply.h"
#include "rules/api/routes.h"

namespace belfry::rules_api {

// Thread: the telemetry loop's.
Reply Rules(const Call& call);
Reply Alerts(const Call& call);

}  // namespace belfry::rules_api
