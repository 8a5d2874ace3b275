// How telling goes: for metrics, /readyz and the page. Holds no URL: those may be secrets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/time.h"

namespace belfry::notify {

struct ChannelStatus {
  std::string receiver;                  // empty for Alertmanagers
  std::string integration;               // `webhook[0]`, `alertmanager[1]`
  uint64_t delivered = 0;                // webhook: notifications; alertmanager: alerts
  uint64_t failures = 0;                 // attempts
  uint64_t dropped = 0;                  // alerts given up
  size_t pending = 0;                    // notifications (alerts) that wait or are on their way
  std::optional<Instant> failing_since;  // nullopt: the last attempt went well
  std::string last_error;                // of the failing

  bool operator==(const ChannelStatus&) const = default;
};

struct NotifyStatus {
  std::vector<ChannelStatus> channels;
  size_t alerts = 0;  // known to the webhooks' part: firing, or resolved and not yet told
  size_t groups = 0;
  size_t queue_length = 0;      // pending of all channels
  uint64_t state_failures = 0;  // the queue could not be read or written
  std::string state_error;      // empty: the queue on disk is whole

  // What /readyz says; empty: all is well.
  std::string Problem() const;
  bool operator==(const NotifyStatus&) const = default;
};

// Called for every attempt: integration kind (`webhook`, `alertmanager`) and whether it went well.
using AttemptObserver = std::function<void(std::string_view integration, bool success)>;

}  // namespace belfry::notify
