#include "agent/controllers/job/backoff.h"

#include <algorithm>

#include "agent/base/backoff.h"
#include "agent/controllers/job/job_pods.h"

namespace belfry::controllers {

api::JobBackoff UpdateBackoff(api::JobBackoff record, const std::vector<Instant>& failures,
                              const std::optional<Instant>& newest_success) {
  if (newest_success && (!record.last_failure || *newest_success >= *record.last_failure)) record = {};
  for (const Instant failure : failures) {
    if (newest_success && failure <= *newest_success) continue;
    ++record.failures_since_success;
    record.last_failure = std::max(record.last_failure.value_or(failure), failure);
  }
  return record;
}

std::optional<Instant> NextCreation(const api::JobBackoff& record) {
  if (record.failures_since_success <= 0 || !record.last_failure) return std::nullopt;
  return *record.last_failure +
         ExponentialDelay(kFirstBackoff, kLongestBackoff, record.failures_since_success);
}

Instant NextCreationOfIndex(const api::Pod& failed) {
  const int64_t failures = int64_t{CountAnnotation(failed, kIndexFailureCountAnnotation)} +
                           CountAnnotation(failed, kIndexIgnoredFailureCountAnnotation);
  return FinishTime(failed) + ExponentialDelay(kFirstBackoff, kLongestBackoff, failures + 1);
}

}  // namespace belfry::controllers
