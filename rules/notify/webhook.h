// The webhook: payload version 4, and what its receiver's answers mean.
// Source: Alertmanager's webhook, 0.25 and 0.33 measured (docs/notifications.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/random.h"
#include "agent/base/result.h"
#include "agent/http/client.h"
#include "rules/notify/notice.h"

namespace belfry::notify {

struct WebhookMessage {
  std::string receiver;
  std::string group_key;
  std::string external_url;
  model::Labels group_labels;
  std::vector<Notice> notices;  // of this group, in any order
  uint64_t max_alerts = 0;
};

// The body. Common labels and annotations are those of all alerts, also of the truncated ones.
std::string WebhookBody(const WebhookMessage& message);

enum class Verdict {
  kDelivered,
  kRetry,     // soon: the receiver is not there or not well
  kNextTime,  // the receiver says no; asking at once again would get the same answer
};
// 2xx is success; network errors, timeouts and 5xx are retried; all else waits for the group's next time.
Verdict JudgeWebhook(const Result<http::Response>& answer);
// What went wrong, for log and status: the status and the beginning of the answer, or the error. Requires:
// not delivered.
std::string WhatWentWrong(const Result<http::Response>& answer);

// The wait after failure number `failures` (1, 2, …): 0.5 s growing by 1.5, at most 60 s, ±50 %.
Duration RetryDelay(int failures, Random& random);

// Go's RFC 3339 of an instant, and `0001-01-01T00:00:00Z` for none.
std::string AlertTime(const std::optional<Instant>& t);
// 16 hexadecimal digits.
std::string FingerprintText(Fingerprint fingerprint);

}  // namespace belfry::notify
