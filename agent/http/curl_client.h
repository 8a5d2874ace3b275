// Requests to others through libcurl, on the loop, without a thread of its own.
#pragma once

#include <memory>

#include "agent/base/event_loop.h"
#include "agent/http/client.h"

namespace belfry::http {

// Only http and https; no proxy, netrc or anything else of the environment; HTTP/1.1; connections are kept
// for later requests. Thread: the loop's. Requires: outlived by the loop. When it goes, open requests are
// dropped and their `done` is not called. Source: libcurl's multi interface with socket and timer callbacks.
class CurlHttpClient : public HttpClient {
 public:
  explicit CurlHttpClient(EventLoop& loop);
  ~CurlHttpClient() override;
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  void Send(ClientRequest request, std::function<void(Result<Response>)> done) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace belfry::http
