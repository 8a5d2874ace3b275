// What a CronJob needs now: a pure function of the object, its Jobs and the time.
// Source: Kubernetes' CronJob controller (1.32); docs/cron.md lists where we differ and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/api/cronjob.h"
#include "agent/api/object.h"
#include "agent/controllers/controller.h"
#include "agent/controllers/cronjob/slot.h"
#include "agent/cron/zone.h"

namespace belfry::controllers {

// The host's clock was set forward from one instant to another.
struct ClockJump {
  Instant from;
  Instant to;

  bool operator==(const ClockJump&) const = default;
};

struct CronJobObserved {
  std::vector<api::Ptr<api::Job>> jobs;    // all whose controller is this CronJob
  Result<cron::Zone> zone = cron::Zone();  // the one called ZoneNameOf(spec); the host's if that is empty
  std::optional<Instant> edited_at =
      {};  // since when schedule and time zone are what they are, if that is known
  std::optional<ClockJump> clock_jump = {};  // the newest one forward
};

struct JobDeletion {
  std::string name;
  std::string uid;

  bool operator==(const JobDeletion&) const = default;
};

// To be carried out in the order of the fields; a deletion or creation that fails ends the pass. The events
// of deletions and of the creation are the shell's, who knows how they went; the created Job's reference is
// added to status.active.
struct CronJobDecision {
  std::vector<JobDeletion> deletions;
  std::optional<api::Job> create;
  api::CronJobStatus status;  // as it will be once the above is done
  std::vector<EventNote> events;
  std::vector<SlotRecord> slots;
  Look look;
};

CronJobDecision DecideCronJob(const api::CronJob& cronjob, const CronJobObserved& observed, Instant now);

// The zone that spec.timeZone, or else a TZ= prefix of the schedule, names; empty: the host's.
std::string ZoneNameOf(const api::CronJobSpec& spec);

}  // namespace belfry::controllers
