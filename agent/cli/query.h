// `belfry query` and `belfry alerts`: the rule engine of a running agent.
// Source: what `promtool query instant|range` prints.
#pragma once

#include <functional>
#include <string>

#include "agent/base/time.h"
#include "agent/cli/command_line.h"
#include "agent/http/message.h"

namespace belfry::cli {

// Asks the agent: path and form to response.
using Ask = std::function<Result<http::Response>(const std::string& path, const std::string& form)>;

// What goes to standard output. Errors: kInvalid for what is wrong with the query or its times (for an
// expression the text begins with `line:column: parse error:` and shows the place); else what the agent says.
Result<std::string> Query(const QueryCommand& command, const Ask& ask, Instant now);
Result<std::string> ListAlerts(const AlertsCommand& command, const Ask& ask, Instant now);

// Asks by POST, by GET where the form is empty.
Ask AskThrough(const AgentAddress& agent);

// `query --format`: the expression as the printer has it. Asks nobody.
Result<std::string> FormatQuery(const QueryCommand& command);

}  // namespace belfry::cli
