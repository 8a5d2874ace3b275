// Door: requests to others.
#pragma once

#include <functional>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "agent/http/message.h"

namespace belfry::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  Duration timeout = std::chrono::seconds(10);  // of the whole exchange
  uint64_t max_response_bytes = 1 << 20;        // more is an error, not a truncated answer
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // `done` is called once, on the loop, never from inside Send; any status is a response.
  // Errors: kTimeout, kUnavailable (refused, unreachable, reset, TLS), kInvalid (URL), kTooLarge.
  virtual void Send(ClientRequest request, std::function<void(Result<Response>)> done) = 0;
};

}  // namespace belfry::http
