// Requests to a running agent, for commands that wait for the answer.
#pragma once

#include <functional>
#include <string>

#include "agent/base/result.h"
#include "agent/http/client.h"

namespace belfry::cli {

// Where the agent is, and how it lets us in.
struct AgentAddress {
  std::string url;         // empty: that of the environment, else http://127.0.0.1:2353
  std::string token_file;  // empty: no token is shown
};

// Sends a request and waits for its answer.
using Transport = std::function<Result<http::Response>(http::ClientRequest request)>;

class AgentLink {
 public:
  // `token` empty: none is shown.
  AgentLink(Transport transport, std::string url, std::string token);

  // Sends `request`, whose url is a path below the agent's. Any status is a response. Errors: kUnavailable
  // with the way out if nobody answers.
  Result<http::Response> Send(http::ClientRequest request) const;

 private:
  Transport transport_;
  std::string url_;
  std::string token_;
};

// A link whose requests wait on a loop of their own. Errors: those of the token's file.
Result<AgentLink> Connect(const AgentAddress& address);

}  // namespace belfry::cli
