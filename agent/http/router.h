// Which handler answers a request.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/http/message.h"

namespace belfry::http {

// One answer in the making. Exactly one of Send or Begin…End is called; a responder that is dropped
// unanswered answers 500. Thread: any; the calls of one responder come one after the other.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(Response response) = 0;
  // A streamed answer (chunked transfer): head, pieces, end. Write returns false once the peer has gone.
  // `drained`, if given, is called on the HTTP loop when what was written has left; a writer of large bodies
  // waits for it before the next piece.
  virtual void Begin(int status, Headers headers) = 0;
  virtual bool Write(std::string piece, std::function<void()> drained = {}) = 0;
  virtual void End() = 0;
  virtual bool closed() const = 0;
};

// Called on the HTTP loop; answers now or later.
using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;

// Routes by method and path pattern: `/api/v1/namespaces/{namespace}/pods`, last segment `{rest...}` for all
// below. An exact segment wins over a parameter. Unknown path: 404 `404 page not found`. Known path, other
// method: 405 with Allow. HEAD is served by GET's handler. Thread: set up before serving, then read only.
class Router {
 public:
  void Handle(std::string_view method, std::string_view pattern, Handler handler);
  void Serve(Request request, std::shared_ptr<Responder> responder) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace belfry::http
