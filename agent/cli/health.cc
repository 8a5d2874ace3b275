#include "agent/cli/health.h"

#include <algorithm>

namespace belfry::cli {

http::Response RenderReadiness(const std::vector<HealthCheck>& checks) {
  std::string text;
  for (const HealthCheck& check : checks) {
    if (check.severity == Severity::kOk) {
      text += "[+]" + check.part + " ok\n";
      continue;
    }
    text += "[-]" + check.part + (check.severity == Severity::kDegraded ? " degraded: " : " not ready: ") +
            check.why;
    if (!text.ends_with('\n')) text += '\n';
  }
  const bool ready =
      std::ranges::none_of(checks, [](const HealthCheck& c) { return c.severity == Severity::kNotReady; });
  text += ready ? "ready\n" : "not ready\n";
  return http::TextResponse(ready ? 200 : 503, text);
}

}  // namespace belfry::cli
