// The HTTP/1.1 server: listens, and answers with a router's handlers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/asio_event_loop.h"
#include "agent/base/result.h"
#include "agent/http/router.h"
#include "agent/http/server_options.h"

namespace belfry::http {

// Where to listen. `host` is an address or `localhost`; empty: every address.
struct ListenAddress {
  std::string host;
  uint16_t port = 0;
  bool loopback = false;  // reachable from this host only

  bool operator==(const ListenAddress&) const = default;
};

// `127.0.0.1:2353`, `localhost:0`, `[::1]:2353`, `:2353`. Errors: kInvalid, naming the text.
Result<ListenAddress> ParseListenAddress(std::string_view text);

// Source: RFC 9110, RFC 9112. Keep-alive and pipelining, chunked requests and answers, `Expect:
// 100-continue`; no upgrade. Thread: the loop's, but for stats. Requires: destroyed outside the loop's tasks
// or on its thread, before the loop and after nothing answers any more (late answers of responders are
// ignored, the loop must still exist).
class Server {
 public:
  Server(AsioEventLoop& loop, Router router, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts to accept on one more address; returns the port (the one chosen for port 0).
  // Errors: kInvalid (address), kAlreadyExists (port taken), kPermissionDenied, kUnavailable.
  Result<uint16_t> Listen(std::string_view address);
  // Accepts nothing new, and ends the connections that are between requests; answers in the making go on.
  void StopAccepting();
  // StopAccepting, and ends every connection at once.
  void Close();

  // Thread: any.
  ServerStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace belfry::http
