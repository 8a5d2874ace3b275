// Asking a running agent, from a command that waits for the answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/api/object.h"
#include "agent/cli/command_line.h"
#include "agent/http/client.h"

namespace belfry::cli {

// Sends a request and waits for its answer.
using Transport = std::function<Result<http::Response>(http::ClientRequest request)>;

// Objects under Kubernetes' paths. Errors of all: kUnavailable where no agent answers; else the answer's
// message, with the code of its reason.
class ApiClient {
 public:
  // `token` empty: none is shown.
  ApiClient(Transport transport, std::string url, std::string token)
      : transport_(std::move(transport)), url_(std::move(url)), token_(std::move(token)) {}

  Result<api::Ptr<api::CronJob>> GetCronJob(const std::string& ns, const std::string& name) const;
  // Errors: kNotFound.
  Result<api::Ptr<api::Job>> GetJob(const std::string& ns, const std::string& name) const;
  // Errors: kAlreadyExists; kConflict: not now, worth another try; kInvalid.
  Result<api::Ptr<api::Job>> CreateJob(const api::Job& job) const;

 private:
  Result<api::Object> Send(http::ClientRequest request) const;

  Transport transport_;
  std::string url_;
  std::string token_;
};

// Reads the token and calls `talk` with a client whose requests wait on a loop of their own. `pause` waits.
using Pause = std::function<void(Duration)>;
Result<int> WithAgent(const ServerOptions& server,
                      const std::function<Result<int>(const ApiClient& client, const Pause& pause)>& talk);

}  // namespace belfry::cli
