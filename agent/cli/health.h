// What /readyz says.
#pragma once

#include <string>
#include <vector>

#include "agent/http/message.h"

namespace belfry::cli {

enum class Severity {
  kOk,
  kDegraded,  // this part does not work, the others do: the agent stays ready
  kNotReady,  // nothing can be accepted
};

// One part of the agent and how it is.
struct HealthCheck {
  std::string part;  // "store", "manifests", …
  Severity severity = Severity::kOk;
  std::string why;  // empty when all is well

  bool operator==(const HealthCheck&) const = default;
};

// A line for each part, as Kubernetes' verbose form: `[+]store ok`, `[-]manifests degraded: etl.yaml:3:5: …`.
// Status 503 if any part is not ready, else 200.
http::Response RenderReadiness(const std::vector<HealthCheck>& checks);

}  // namespace belfry::cli
