// `belfry cron next` without the command line: a schedule's coming instants, and errors that point.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cron/expression.h"
#include "agent/cron/zone.h"

namespace belfry::cron {

// The first `count` slots after `from`; fewer if the schedule ends.
std::vector<Instant> NextInstants(const Schedule& schedule, const Zone& zone, Instant from, size_t count,
                                  ClockChange rule = ClockChange::kKubernetes);

// The zone in which a schedule is to be read: that of its prefix, else the one called `zone_name`, else the
// host's. Errors: kInvalid `time zone "X": …`, or that both are given.
Result<Zone> ChooseZone(const Schedule& schedule, std::optional<std::string_view> zone_name);

// Three lines: the message, the expression, and carets below the fault. No newline at the end.
std::string RenderParseError(std::string_view expression, const ParseError& error);

}  // namespace belfry::cron
