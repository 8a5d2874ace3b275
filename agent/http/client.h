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
  // Redirects followed; the one after them is the answer. POST becomes GET after 301, 302 and 303 (as
  // browsers do) and stays POST after 307 and 308. An Authorization header is not sent on to another host.
  int max_redirects = 0;
  std::string ca_file;                // trusted certificates (PEM) in place of the system's
  bool insecure_skip_verify = false;  // of the server's certificate and name
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // `done` is called once, on the loop, never from inside Send; any status is a response.
  // Errors: kTimeout, kUnavailable (refused, unreachable, reset, TLS), kInvalid (URL), kTooLarge.
  virtual void Send(ClientRequest request, std::function<void(Result<Response>)> done) = 0;
};

}  // namespace belfry::http
