// What the agent is and how it is set, as Prometheus' status pages tell it.
#pragma once

#include "rules/api/reply.h"
#include "rules/api/routes.h"

namespace belfry::rules_api {

// Thread: the telemetry loop's.
Reply BuildInfo(const Call& call);
// The rule engine's part of a prometheus.yml: what `belfry.yaml` says is not Prometheus' to read.
Reply StatusConfig(const Call& call);
// What Prometheus is told by flags, under the names of its flags.
Reply StatusFlags(const Call& call);
// Without what only a Go program has.
Reply RuntimeInfo(const Call& call);

}  // namespace belfry::rules_api
