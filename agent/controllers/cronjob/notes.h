// The events of a CronJob. Clients compare reasons and messages: they are Kubernetes' own, letter by letter.
// Source: events of Kubernetes' CronJob controller (1.32); those of Belfry's own reasons say so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/controllers/controller.h"
#include "agent/cron/zone.h"

namespace belfry::controllers {

EventNote SuccessfulCreate(std::string_view job);
EventNote FailedCreate(const Error& error);
EventNote SuccessfulDelete(std::string_view job);
EventNote FailedDelete(const Error& error);
EventNote SawCompletedJob(std::string_view job, bool complete);
EventNote MissingJob(std::string_view job);
EventNote UnexpectedJob(std::string_view job);
EventNote JobAlreadyActive();
EventNote TooManyMissedTimes();
EventNote UnknownTimeZone(std::string_view name, const Error& error);
EventNote UnparseableSchedule(std::string_view schedule, const Error& error);
EventNote UnsupportedSchedule(std::string_view schedule);
EventNote InvalidSchedule(std::string_view schedule, const Error& error);
// `count` slots, the newest at `slot`. For more than one, and with a cause, the text goes on after
// Kubernetes' own.
EventNote MissSchedule(Instant slot, const cron::Zone& zone, int64_t count, std::string_view cause);

// Belfry's own: a start that is late by more than kPunctual, the second run of a time that the clock showed
// twice, and a time that it never showed.
EventNote LateStart(std::string_view job, Instant slot, const cron::Zone& zone, Duration delay);
EventNote RepeatedSchedule(std::string_view job, Instant slot, const cron::Zone& zone);
EventNote SkippedSchedule(Instant change, const cron::Zone& zone);

}  // namespace belfry::controllers
