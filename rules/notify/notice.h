// An alert on its way to somebody: firing, or resolved and not yet told to all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/base/time.h"
#include "exporters/model/labels.h"
#include "rules/rule/alert.h"

namespace belfry::notify {

using Fingerprint = uint64_t;  // model::Labels::Fingerprint

struct Notice {
  model::Labels labels;  // with the external ones
  std::map<std::string, std::string> annotations;
  std::string generator_url;
  Instant starts_at;               // when it began to fire
  std::optional<Instant> ends_at;  // set: resolved
  Instant expires_at;              // without news until then it is taken as resolved
  Duration valid_for{0};           // how long news hold

  bool firing() const { return !ends_at; }
  bool operator==(const Notice&) const = default;
};

// How long the news of an alert hold: four evaluations, as Prometheus tells Alertmanager with endsAt.
Duration ValidFor(Duration evaluation_interval);

// `alert` with `external` added where it has no such label. Requires: firing or resolved.
Notice MakeNotice(const rule::Alert& alert, const std::map<std::string, std::string>& external,
                  Duration interval, Instant now);

enum class News {
  kNone,    // nothing to tell: the same, or the end of what was not known
  kFiring,  // new, or firing again
  kResolved
};

// What `alert` means for what is known of it (`known` may be absent), and the notice from now on.
// Pending alerts are none. Source: Alertmanager's merging of alerts; a start in the past of the known end is
// the same episode.
struct Merged {
  News news = News::kNone;
  std::optional<Notice> notice;  // nullopt: nothing to keep
};
Merged MergeNotice(const Notice* known, Notice fresh);

}  // namespace belfry::notify
