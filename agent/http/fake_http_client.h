// A client that records what is sent and answers by script; for tests.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/http/client.h"

namespace belfry::http {

// Thread: the loop's. Like the real one it gives up at the request's timeout, and forgets all when it goes.
class FakeHttpClient : public HttpClient {
 public:
  struct Answer {
    Result<Response> result = Response{};
    Duration after{0};  // at or past the request's timeout: kTimeout, whatever `result` says
  };
  struct Sent {
    Instant at;
    ClientRequest request;
  };
  static constexpr Duration kNever = hours(24 * 365);

  explicit FakeHttpClient(EventLoop& loop) : loop_(loop) {}

  void Send(ClientRequest request, std::function<void(Result<Response>)> done) override;

  std::vector<Sent> sent;
  // What the world answers; 200 at once if not set. Called when a request is sent.
  std::function<Answer(const ClientRequest&)> answer;

 private:
  EventLoop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace belfry::http
