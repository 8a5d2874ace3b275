#include "agent/cli/agent_link.h"

#include <fmt/core.h>

#include <optional>

#include "agent/base/asio_event_loop.h"
#include "agent/base/file_system.h"
#include "agent/http/curl_client.h"

namespace belfry::cli {
namespace {

constexpr uint64_t kMaxTokenBytes = 4096;

Result<std::string> ReadToken(const std::string& path) {
  if (path.empty()) return std::string();
  ASSIGN_OR_RETURN(const std::string text, PosixFileSystem().ReadFile(path, kMaxTokenBytes));
  return text.substr(0, text.find_first_of("\r\n"));
}

// A loop that runs for one request, and ends with it.
Result<http::Response> SendAndWait(http::ClientRequest request) {
  AsioEventLoop loop;
  http::CurlHttpClient client(loop);
  std::optional<Result<http::Response>> answer;
  client.Send(std::move(request), [&](Result<http::Response> result) {
    answer = std::move(result);
    loop.Stop();
  });
  loop.Run();
  return answer ? *std::move(answer) : Result<http::Response>(Error{Code::kInternal, "no answer"});
}

}  // namespace

AgentLink::AgentLink(Transport transport, std::string url, std::string token)
    : transport_(std::move(transport)), url_(std::move(url)), token_(std::move(token)) {}

Result<http::Response> AgentLink::Send(http::ClientRequest request) const {
  request.url = url_.substr(0, url_.find_last_not_of('/') + 1) + request.url;
  if (!token_.empty()) request.headers.emplace("Authorization", "Bearer " + token_);
  auto response = transport_(std::move(request));
  if (response.ok()) return response;
  return Annotate(std::move(response).error(),
                  fmt::format("ask the agent at {} (is it running? --server names another)", url_));
}

Result<AgentLink> Connect(const AgentAddress& address) {
  ASSIGN_OR_RETURN(const std::string token, ReadToken(address.token_file));
  return AgentLink(SendAndWait, address.url, token);
}

}  // namespace belfry::cli
