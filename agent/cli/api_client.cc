#include "agent/cli/api_client.h"

#include <fmt/core.h>

#include "agent/base/asio_event_loop.h"
#include "agent/manifest/codec.h"
#include "agent/manifest/json.h"
#include "agent/manifest/reader.h"

namespace belfry::cli {
namespace {

constexpr uint64_t kMaxObjectBytes = 16 << 20;

std::string JobsPath(const std::string& ns) {
  return "/apis/batch/v1/namespaces/" + http::PercentEncode(ns) + "/jobs";
}

Code CodeOf(int status, const std::string& reason) {
  if (reason == "AlreadyExists") return Code::kAlreadyExists;
  if (reason == "NotFound") return Code::kNotFound;
  if (status == 409) return Code::kConflict;
  if (status == 400 || status == 422) return Code::kInvalid;
  if (status == 401 || status == 403) return Code::kPermissionDenied;
  return status >= 500 ? Code::kUnavailable : Code::kInternal;
}

// What a Status says; the text itself where it is none.
Error FailureOf(const http::Response& response) {
  std::string reason;
  std::string message;
  manifest::Problems problems;
  const auto documents = manifest::ParseJson(response.body, problems);
  if (documents.size() == 1 && documents[0].root.IsMap()) {
    manifest::Reader root(documents[0].root, problems, manifest::UnknownFields::kIgnore);
    root.Optional("reason", reason);
    root.Optional("message", message);
  }
  if (message.empty())
    message = fmt::format("the server answered {}: {}", response.status,
                          response.body.substr(0, std::min<size_t>(response.body.find('\n'), 200)));
  return {CodeOf(response.status, reason), message};
}

void Wait(Duration duration) {
  AsioEventLoop loop;
  loop.RunAfter(duration, [&] { loop.Stop(); });
  loop.Run();
}

template <class T>
Result<api::Ptr<T>> Expect(Result<api::Object> object) {
  if (!object.ok()) return std::move(object).error();
  auto typed = api::As<T>(*object);
  if (typed == nullptr) return Error{Code::kInternal, "the server answered with another kind of object"};
  return typed;
}

}  // namespace

Result<api::Object> ApiClient::Send(http::ClientRequest request) const {
  request.max_response_bytes = kMaxObjectBytes;
  ASSIGN_OR_RETURN(const http::Response response, link_.Send(std::move(request)));
  if (response.status / 100 != 2) return FailureOf(response);
  return manifest::FromJson(response.body);
}

Result<api::Ptr<api::CronJob>> ApiClient::GetCronJob(const std::string& ns, const std::string& name) const {
  return Expect<api::CronJob>(Send({.url = "/apis/batch/v1/namespaces/" + http::PercentEncode(ns) +
                                           "/cronjobs/" + http::PercentEncode(name)}));
}

Result<api::Ptr<api::Job>> ApiClient::GetJob(const std::string& ns, const std::string& name) const {
  return Expect<api::Job>(Send({.url = JobsPath(ns) + "/" + http::PercentEncode(name)}));
}

Result<api::Ptr<api::Job>> ApiClient::CreateJob(const api::Job& job) const {
  return Expect<api::Job>(
      Send({.method = "POST",
            .url = JobsPath(job.metadata.ns) + "?fieldManager=belfry",
            .headers = {{"Content-Type", "application/json"}},
            .body = manifest::ToJson(api::Object(std::make_shared<const api::Job>(job)))}));
}

Result<int> WithAgent(const AgentAddress& address,
                      const std::function<Result<int>(const ApiClient& client, const Pause& pause)>& talk) {
  ASSIGN_OR_RETURN(AgentLink link, Connect(address));
  return talk(ApiClient(std::move(link)), Wait);
}

}  // namespace belfry::cli
