#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "agent/http/server.h"

namespace belfry::http {
namespace {

Error Bad(std::string_view text, std::string_view cause) {
  return {Code::kInvalid, "listen address \"" + std::string(text) + "\": " + std::string(cause)};
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad(text, "want HOST:PORT such as 127.0.0.1:2353");
  ListenAddress address;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return Bad(text, "the port is not a number from 0 to 65535");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return Bad(text, "an IPv6 address stands in brackets, as in [::1]:2353");
  }
  address.host = host;
  if (host.empty()) return address;
  if (host == "localhost") {
    address.host = "127.0.0.1";
    address.loopback = true;
    return address;
  }
  boost::system::error_code bad;
  const auto ip = boost::asio::ip::make_address(address.host, bad);
  if (bad) return Bad(text, "the host is neither an IP address nor localhost");
  address.loopback = ip.is_loopback();
  return address;
}

}  // namespace belfry::http
