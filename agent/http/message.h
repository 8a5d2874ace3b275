// Requests and responses as values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::http {

// Header names compare without case.
struct HeaderLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
using Headers = std::multimap<std::string, std::string, HeaderLess>;

// The first header of that name, or empty.
std::string_view Find(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // "GET"
  std::string path;    // percent-decoded, without the query: "/api/v1/pods"
  std::string query;   // raw: "a=b&c=d"
  Headers headers;
  std::string body;
  std::string remote;                         // "127.0.0.1:40000"
  std::map<std::string, std::string> params;  // what {name} of the route's pattern matched

  // All values of a query parameter (for a form POST also those of the body), decoded, in order.
  std::vector<std::string> QueryValues(std::string_view name) const;
  // The first of them, or nullopt.
  std::optional<std::string> QueryValue(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

Response TextResponse(int status, std::string body);
// `body` is JSON text.
Response JsonResponse(int status, std::string body);

std::string PercentDecode(std::string_view text, bool plus_is_space);
std::string PercentEncode(std::string_view text);

struct Url {
  std::string scheme;  // http, https
  std::string host;
  uint16_t port = 0;
  std::string target;  // path and query, at least "/"
};
// Absolute http(s) URLs. nullopt for anything else.
std::optional<Url> ParseUrl(std::string_view text);

}  // namespace belfry::http
