#include "agent/cli/fetch.h"

#include <fmt/core.h>

#include <optional>

#include "agent/base/asio_event_loop.h"
#include "agent/base/file_system.h"
#include "agent/http/curl_client.h"

namespace belfry::cli {
namespace {

constexpr uint64_t kMaxTokenBytes = 4096;
constexpr uint64_t kMaxAnswerBytes = 1ULL << 30;

Result<std::string> ReadToken(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, PosixFileSystem().ReadFile(path, kMaxTokenBytes));
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

Result<http::Response> Fetch(const AgentAddress& agent, const std::string& path, const std::string& form) {
  http::ClientRequest request{.timeout = minutes(2), .max_response_bytes = kMaxAnswerBytes};
  request.url = agent.url;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  if (!form.empty()) {
    request.method = "POST";
    request.body = form;
    request.headers.emplace("Content-Type", "application/x-www-form-urlencoded");
  }
  if (!agent.token_file.empty()) {
    ASSIGN_OR_RETURN(const std::string token, ReadToken(agent.token_file));
    request.headers.emplace("Authorization", "Bearer " + token);
  }
  AsioEventLoop loop;
  http::CurlHttpClient client(loop);
  std::optional<Result<http::Response>> answer;
  client.Send(std::move(request), [&](Result<http::Response> result) {
    answer = std::move(result);
    loop.Stop();
  });
  loop.Run();
  if (answer->ok()) return *std::move(answer);
  return Annotate(std::move(*answer).error(),
                  fmt::format("ask the agent at {} (is it running? --server names another)", agent.url));
}

}  // namespace belfry::cli
