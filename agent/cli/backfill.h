// `belfry backfill CRONJOB --from T --to T`.
#pragma once

#include <functional>
#include <string>

#include "agent/cli/api_client.h"
#include "agent/cli/command_line.h"
#include "agent/cron/zone.h"

namespace belfry::cli {

// Creates the Jobs of the slots in [from, to], oldest first, and says each to `print` as it is created. Slots
// whose Job exists are skipped. Where the CronJob allows one Job at a time, the agent refuses a second one,
// and the command asks again every second. Returns what is said at the end. Errors: kInvalid for times that
// make no sense; those of the agent: what was created stays, and the same command goes on from there.
Result<std::string> Backfill(const BackfillCommand& command, Instant now, const ApiClient& client,
                             const Pause& pause, const std::function<void(const std::string& line)>& print);

int RunBackfill(const BackfillCommand& command);

}  // namespace belfry::cli
