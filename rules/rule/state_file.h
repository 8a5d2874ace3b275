// Alerts on disk: how `for` survives a restart.
// Source: docs/formats/alert-state.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "rules/rule/alert_state.h"

namespace belfry::rule {

struct SavedRule {
  std::string file;
  std::string group;
  std::string identity;  // Rule::Identity
  Alerts alerts;

  bool operator==(const SavedRule&) const = default;
};

struct SavedAlerts {
  Instant seen_at;  // the engine was at work then
  std::vector<SavedRule> rules;

  bool operator==(const SavedAlerts&) const = default;
};

std::string EncodeAlerts(const SavedAlerts& saved);
// Errors: kInvalid for anything torn, damaged or of another version.
Result<SavedAlerts> DecodeAlerts(std::string_view text);

// The small file beside it that says how long the engine was at work since.
std::string EncodeSeen(Instant seen_at);
Result<Instant> DecodeSeen(std::string_view text);

// What a restart after `down` of silence leaves of an alert: pending ones and running keep-firing clocks move
// on by `down`, which does not count; beyond `tolerance` pending ones are forgotten.
Alerts AfterOutage(Alerts alerts, Duration down, Duration tolerance);

}  // namespace belfry::rule
