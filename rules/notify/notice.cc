#include "rules/notify/notice.h"

#include <algorithm>
#include <utility>

namespace belfry::notify {
namespace {

constexpr Duration kLeastInterval = minutes(1);

}  // namespace

Duration ValidFor(Duration evaluation_interval) { return 4 * std::max(evaluation_interval, kLeastInterval); }

Notice MakeNotice(const rule::Alert& alert, const std::map<std::string, std::string>& external,
                  Duration interval, Instant now) {
  Notice notice{.labels = alert.labels,
                .annotations = alert.annotations,
                .generator_url = alert.generator_url,
                .starts_at = alert.fired_at.value_or(alert.active_at),
                .ends_at = alert.resolved_at,
                .valid_for = ValidFor(interval)};
  notice.expires_at = now + notice.valid_for;
  for (const auto& [name, value] : external) {
    if (!notice.labels.Has(name)) notice.labels.Set(name, value);
  }
  return notice;
}

Merged MergeNotice(const Notice* known, Notice fresh) {
  if (fresh.firing()) {
    const bool same = known != nullptr && known->firing();
    // An alert that the engine has begun anew (its state was lost) is still the one that was told of.
    if (same) fresh.starts_at = std::min(fresh.starts_at, known->starts_at);
    return {same ? News::kNone : News::kFiring, std::move(fresh)};
  }
  if (known == nullptr) return {};
  if (!known->firing()) return {News::kNone, *known};
  fresh.starts_at = std::min(fresh.starts_at, known->starts_at);
  return {News::kResolved, std::move(fresh)};
}

}  // namespace belfry::notify
