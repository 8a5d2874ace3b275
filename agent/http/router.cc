#include "agent/http/router.h"

#include <algorithm>
#include <set>
#include <utility>

namespace belfry::http {
namespace {

// "/a/b/" → "a", "b", "": the empty last segment tells a folder from a page.
std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool IsRest(std::string_view segment) { return IsParameter(segment) && segment.ends_with("...}"); }

std::string ParameterName(std::string_view segment) {
  const size_t suffix = IsRest(segment) ? 4 : 1;
  return std::string(segment.substr(1, segment.size() - 1 - suffix));
}

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return false;
    if (IsRest(pattern[i])) return true;
    if (IsParameter(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  }
  return pattern.size() == path.size();
}

// 0 exact, 1 parameter, 2 rest: the lower one wins at the first segment that differs.
int Looseness(std::string_view segment) { return IsRest(segment) ? 2 : IsParameter(segment) ? 1 : 0; }

bool MoreExact(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const std::string& x, const std::string& y) { return Looseness(x) < Looseness(y); });
}

std::map<std::string, std::string> Parameters(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& path) {
  std::map<std::string, std::string> params;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!IsParameter(pattern[i])) continue;
    std::string& value = params[ParameterName(pattern[i])];
    value = path[i];
    if (!IsRest(pattern[i])) continue;
    for (size_t j = i + 1; j < path.size(); ++j) value += "/" + path[j];
  }
  return params;
}

Response MethodNotAllowed(const std::set<std::string>& methods) {
  std::string allow;
  for (const std::string& method : methods) allow += (allow.empty() ? "" : ", ") + method;
  Response response = TextResponse(405, "Method Not Allowed\n");
  response.headers.emplace("Allow", std::move(allow));
  return response;
}

}  // namespace

void Router::Handle(std::string_view method, std::string_view pattern, Handler handler) {
  routes_.push_back({std::string(method), SplitPath(pattern), std::move(handler)});
}

void Router::Serve(Request request, std::shared_ptr<Responder> responder) const {
  const std::vector<std::string> path = SplitPath(request.path);
  const std::string& method = request.method == "HEAD" ? "GET" : request.method;
  const Route* best = nullptr;
  std::set<std::string> methods;
  for (const Route& route : routes_) {
    if (!Matches(route.segments, path)) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
    if (route.method != method && route.method != request.method) continue;
    if (best == nullptr || MoreExact(route.segments, best->segments)) best = &route;
  }
  if (best != nullptr) {
    request.params = Parameters(best->segments, path);
    best->handler(std::move(request), std::move(responder));
  } else if (!methods.empty()) {
    responder->Send(MethodNotAllowed(methods));
  } else {
    responder->Send(TextResponse(404, "404 page not found\n"));
  }
}

}  // namespace belfry::http
