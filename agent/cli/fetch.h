// One request to a running agent, for commands that wait for the answer.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "agent/http/client.h"

namespace belfry::cli {

// Where the agent is, and how it lets us in.
struct AgentAddress {
  std::string url = "http://127.0.0.1:2353";
  std::string token_file;  // empty: no token
};

// Sends `form` (`query=up&time=1`) to `path` below the agent's URL by POST, or GET where it is empty.
// Errors: kUnavailable with the way out if nobody answers; those of the token's file. Any status is a
// response.
Result<http::Response> Fetch(const AgentAddress& agent, const std::string& path, const std::string& form);

}  // namespace belfry::cli
