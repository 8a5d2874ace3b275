// The alert state machine: what one evaluation makes of a rule's alerts. Pure.
// Source: Prometheus' alerting rules; docs/rules.md has the table.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "exporters/model/labels.h"
#include "rules/promql/value.h"
#include "rules/rule/alert.h"
#include "rules/rule/rule.h"

namespace belfry::rule {

// A resolved alert is kept this long, so that its end can be told again.
inline constexpr Duration kResolvedRetention = std::chrono::minutes(15);

// What the texts of an alert may speak of. Every reference must outlive the call.
struct AlertTexts {
  const model::Labels& external_labels;
  std::string_view external_url;
  const tmpl::QueryFunction& query;
  bool keep_empty_annotations = false;  // 2.x kept what expands to nothing
  uint64_t max_steps = 50'000'000;      // of the templates of all alerts of a rule together
};

using Alerts = std::vector<Alert>;

// The alerts after an evaluation at `now` that returned `result`: those known before keep their place, new
// ones follow in the order of the result. Where the host's clock was set back, times after `now` become
// `now`. Errors: kFailedPrecondition if two elements get the same labels or the texts take too many steps
// (the caller keeps the alerts it had); kTooLarge if there are more pending and firing alerts than the limit
// (all of them are lost).
Result<Alerts> DecideAlerts(const AlertingRule& rule, const Alerts& previous, promql::Vector result,
                            const AlertTexts& texts, Instant now);

// The series a recording rule writes: the result under its name with its labels.
// Errors: kFailedPrecondition if two elements get the same labels; kTooLarge above the limit.
Result<promql::Vector> DecideRecording(const RecordingRule& rule, promql::Vector result);

// The furthest state of any: firing before pending before inactive.
AlertState HighestState(std::span<const Alert> alerts);

// An alert that is over and kept to be told.
inline bool IsResolved(const Alert& alert) { return alert.resolved_at.has_value(); }

}  // namespace belfry::rule
