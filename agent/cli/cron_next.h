// `belfry cron next`.
#pragma once

#include <string>

#include "agent/base/time.h"
#include "agent/cli/command_line.h"

namespace belfry::cli {

// `now`, `now+24h`, `now-30m` or RFC 3339. Errors: kInvalid.
Result<Instant> ParseTimeArgument(std::string_view text, Instant now);

// What the command prints. Errors: kInvalid; the message of a bad expression has carets below the fault.
Result<std::string> CronNext(const CronNextCommand& command, Instant now);

}  // namespace belfry::cli
