// One alert: an instance of an alerting rule.
// Source: Prometheus' rules/alerting.go semantics; shared chapter 4 of docs/rules.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/shared_value.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"

namespace belfry::rule {

enum class AlertState { kInactive, kPending, kFiring };
std::string_view AlertStateName(AlertState state);  // "inactive", "pending", "firing"

struct Alert {
  SharedValue<model::Labels> labels;  // with alertname; the identity
  SharedValue<std::map<std::string, std::string>> annotations;
  AlertState state = AlertState::kPending;
  double value = 0;  // of the last evaluation that returned it
  Instant active_at;
  std::optional<Instant> fired_at;
  std::optional<Instant> resolved_at;        // set: the alert is over and kept to be told
  std::optional<Instant> keep_firing_since;  // first evaluation without it, while keep_firing_for lasts
  std::optional<Instant> last_sent_at;
  SharedValue<std::string> generator_url;  // the compiled rule's own: alerts that share it are of one

  bool operator==(const Alert&) const = default;
};

}  // namespace belfry::rule
