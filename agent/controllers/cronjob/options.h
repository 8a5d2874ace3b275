// What annotations of a CronJob ask for beyond Kubernetes' rules; without them everything is as in
// Kubernetes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/api/cronjob.h"
#include "agent/controllers/controller.h"
#include "agent/cron/schedule.h"

namespace belfry::controllers {

inline constexpr std::string_view kDstAnnotation = "belfry.io/dst";                      // kubernetes, vixie
inline constexpr std::string_view kCatchUpAnnotation = "belfry.io/catch-up";             // latest, all, none
inline constexpr std::string_view kCatchUpLimitAnnotation = "belfry.io/catch-up-limit";  // 1 to 1000
inline constexpr std::string_view kJitterAnnotation = "belfry.io/jitter";  // a duration up to 24h

// Which of several missed slots are started.
enum class CatchUp {
  kLatest,  // the newest
  kAll,     // each, oldest first, the newest `catch_up_limit` of them
  kNone,    // none that is more than a minute late
};

inline constexpr Duration kPunctual = minutes(1);

struct CronJobOptions {
  cron::ClockChange clock_change = cron::ClockChange::kKubernetes;
  CatchUp catch_up = CatchUp::kLatest;
  int64_t catch_up_limit = 10;
  Duration start_delay{0};  // added to every slot; the share of the jitter that falls to this object

  bool operator==(const CronJobOptions&) const = default;
};

// Reads the annotations. One that cannot be read counts as absent and adds a Warning `InvalidAnnotation` to
// `notes`.
CronJobOptions ReadOptions(const api::ObjectMeta& meta, std::vector<EventNote>& notes);

// A number from [0, jitter) in whole milliseconds that depends on nothing but namespace and name.
Duration JitterOf(const api::ObjectMeta& meta, Duration jitter);

}  // namespace belfry::controllers
