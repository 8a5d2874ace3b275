#include "agent/http/foreign.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "agent/base/ip_address.h"

namespace belfry::http {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// `host:port` without the port, `[v6]:port` without brackets and port.
std::string_view NameOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

bool LeadsHere(std::string_view name, std::string_view own_host) {
  return SameName(name, "localhost") || IsIpAddress(std::string(name)) ||
         (!own_host.empty() && SameName(name, own_host));
}

}  // namespace

Result<void> CheckSameSite(const Request& request, std::string_view own_host) {
  const std::string_view host = Find(request.headers, "Host");
  if (!LeadsHere(NameOf(host), own_host)) {
    return Error{Code::kPermissionDenied, fmt::format("Host \"{}\" is not this server's", host)};
  }
  const auto origin = request.headers.find("Origin");
  if (origin != request.headers.end() && !SameName(origin->second, fmt::format("http://{}", host))) {
    return Error{Code::kPermissionDenied,
                 fmt::format("a page of \"{}\" may not ask this server", origin->second)};
  }
  return {};
}

}  // namespace belfry::http
