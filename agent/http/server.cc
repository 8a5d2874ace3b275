#include "agent/http/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <set>
#include <utility>
#include <vector>

#include "agent/base/log.h"
#include "agent/http/connection.h"

namespace belfry::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Refused connections live as long as it takes to read a request and say 503; more than these at once are
// closed unheard.
constexpr size_t kMaxRefusals = 64;
constexpr Duration kAcceptPause = milliseconds(100);

std::string Text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

Error ListenError(std::string_view address, const error_code& cause) {
  const std::string what = "listen on " + std::string(address) + ": ";
  if (cause == asio::error::address_in_use) {
    return {Code::kAlreadyExists, what + "the port is taken (does another belfry agent run?)"};
  }
  const bool denied = cause == asio::error::access_denied;
  return {denied ? Code::kPermissionDenied : Code::kUnavailable, what + cause.message()};
}

tcp::endpoint Endpoint(const ListenAddress& address) {
  if (address.host.empty()) return {asio::ip::address_v6::any(), address.port};
  return {asio::ip::make_address(address.host), address.port};
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  using Acceptor = std::shared_ptr<tcp::acceptor>;

  State(AsioEventLoop& l, Router r, ServerOptions o) : loop(l), router(std::move(r)), options(o) {}

  Result<uint16_t> Listen(std::string_view text);
  void Accept(const Acceptor& acceptor);
  void OnAccepted(const Acceptor& acceptor, error_code error, tcp::socket socket);
  void Admit(tcp::socket socket);

  AsioEventLoop& loop;
  Router router;
  ServerOptions options;
  ServerCounters counters;
  ConnectionHost host{loop, router, options, counters, [this](const std::shared_ptr<Connection>& connection) {
                        connections.erase(connection);
                        counters.open_connections = connections.size();
                      }};
  std::vector<Acceptor> acceptors;
  std::set<std::shared_ptr<Connection>> connections;
  Timer accept_pause{loop};
};

Result<uint16_t> Server::State::Listen(std::string_view text) {
  ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(text));
  auto acceptor = std::make_shared<tcp::acceptor>(loop.context());
  tcp::endpoint endpoint = Endpoint(address);
  error_code error;
  acceptor->open(endpoint.protocol(), error);
  if (error == asio::error::address_family_not_supported && address.host.empty()) {
    endpoint = {asio::ip::address_v4::any(), address.port};  // a host without IPv6
    acceptor->open(endpoint.protocol(), error);
  }
  // Ports of connections that have just ended may be used again; a port in use is still refused on Linux.
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor->non_blocking(true, error);
  if (error) return ListenError(text, error);
  const uint16_t port = acceptor->local_endpoint().port();
  acceptors.push_back(std::move(acceptor));
  Accept(acceptors.back());
  return port;
}

void Server::State::Accept(const Acceptor& acceptor) {
  acceptor->async_accept([weak = weak_from_this(), acceptor](error_code error, tcp::socket socket) {
    const auto self = weak.lock();
    if (error == asio::error::operation_aborted || !self || !acceptor->is_open()) return;
    self->OnAccepted(acceptor, error, std::move(socket));
  });
}

void Server::State::OnAccepted(const Acceptor& acceptor, error_code error, tcp::socket socket) {
  if (!error) {
    Admit(std::move(socket));
    return Accept(acceptor);
  }
  counters.accept_errors++;
  if (error == asio::error::connection_aborted) return Accept(acceptor);
  // Out of descriptors or memory: the waiting connection stays ready, trying at once again would spin.
  LogWarn("http", "cannot accept a connection", {{"cause", error.message()}});
  accept_pause.RunAfter(kAcceptPause, [this] {
    for (const auto& each : acceptors) {
      each->cancel();
      Accept(each);
    }
  });
}

void Server::State::Admit(tcp::socket socket) {
  counters.connections++;
  const bool refuse = connections.size() >= options.max_connections;
  if (refuse) counters.refused++;
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error || connections.size() >= options.max_connections + kMaxRefusals) return;
  const bool ipv6 = peer.protocol() == tcp::v6();
  UniqueFd fd(socket.release(error));
  if (error) return;
  auto connection = std::make_shared<Connection>(host, MakeTcpStream(loop.context(), std::move(fd), ipv6),
                                                 Text(peer), refuse);
  connections.insert(connection);
  counters.open_connections = connections.size();
  connection->Start();
}

Server::Server(AsioEventLoop& loop, Router router, ServerOptions options)
    : state_(std::make_shared<State>(loop, std::move(router), options)) {}

Server::~Server() { Close(); }

Result<uint16_t> Server::Listen(std::string_view address) { return state_->Listen(address); }

void Server::StopAccepting() {
  state_->accept_pause.Cancel();
  for (const auto& acceptor : std::exchange(state_->acceptors, {})) acceptor->close();
  const auto connections = state_->connections;
  for (const auto& connection : connections) {
    if (connection->idle()) connection->Abort();
  }
}

void Server::Close() {
  StopAccepting();
  const auto connections = state_->connections;
  for (const auto& connection : connections) connection->Abort();
}

ServerStats Server::stats() const {
  const ServerCounters& c = state_->counters;
  ServerStats stats{.connections = c.connections,
                    .open_connections = c.open_connections,
                    .refused = c.refused,
                    .accept_errors = c.accept_errors,
                    .requests = c.requests,
                    .malformed = c.malformed,
                    .timeouts = c.timeouts,
                    .cut_off = c.cut_off,
                    .bytes_received = c.bytes_received,
                    .bytes_sent = c.bytes_sent};
  for (size_t i = 0; i < stats.responses.size(); ++i) stats.responses[i] = c.responses[i];
  return stats;
}

}  // namespace belfry::http
