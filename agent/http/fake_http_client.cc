#include "agent/http/fake_http_client.h"

namespace belfry::http {

void FakeHttpClient::Send(ClientRequest request, std::function<void(Result<Response>)> done) {
  Answer next = answer ? answer(request) : Answer{};
  if (next.after >= request.timeout) {
    next.after = request.timeout;
    next.result = Error{Code::kTimeout, request.method + " " + request.url + ": no answer within " +
                                            FormatDuration(request.timeout)};
  }
  sent.push_back({loop_.Now(), std::move(request)});
  loop_.RunAfter(next.after,
                 [weak = std::weak_ptr(alive_), result = std::move(next.result), done = std::move(done)] {
                   if (!weak.expired()) done(result);
                 });
}

}  // namespace belfry::http
