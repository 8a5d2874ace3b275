// Objects of a running agent, for commands that wait for the answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/api/object.h"
#include "agent/cli/agent_link.h"

namespace belfry::cli {

// Objects under Kubernetes' paths. Errors of all: kUnavailable where no agent answers; else the answer's
// message, with the code of its reason.
class ApiClient {
 public:
  explicit ApiClient(AgentLink link) : link_(std::move(link)) {}

  Result<api::Ptr<api::CronJob>> GetCronJob(const std::string& ns, const std::string& name) const;
  // Errors: kNotFound.
  Result<api::Ptr<api::Job>> GetJob(const std::string& ns, const std::string& name) const;
  // Errors: kAlreadyExists; kConflict: not now, worth another try; kInvalid.
  Result<api::Ptr<api::Job>> CreateJob(const api::Job& job) const;

 private:
  Result<api::Object> Send(http::ClientRequest request) const;

  AgentLink link_;
};

// Calls `talk` with a client of the agent at `address`. `pause` waits.
using Pause = std::function<void(Duration)>;
Result<int> WithAgent(const AgentAddress& address,
                      const std::function<Result<int>(const ApiClient& client, const Pause& pause)>& talk);

}  // namespace belfry::cli
