#include "agent/cli/surface.h"

#include "agent/cli/version.h"
#include "agent/http/foreign.h"

namespace belfry::cli {
namespace {

using http::Request;
using http::Responder;
using ResponderPtr = std::shared_ptr<Responder>;

constexpr const char* kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

http::Handler Fixed(http::Response response) {
  return [response = std::move(response)](const Request&, const ResponderPtr& responder) {
    responder->Send(response);
  };
}

// Takes as long for a wrong token as for a right one.
bool SameText(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

bool Authorised(const Request& request, const std::string& token) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = http::Find(request.headers, "Authorization");
  return header.starts_with(kScheme) && SameText(header.substr(kScheme.size()), token);
}

void AddHealth(http::Router& router, const SurfaceOptions& options) {
  for (const char* path : {"/healthz", "/livez"})
    router.Handle("GET", path, Fixed(http::TextResponse(200, "ok")));
  router.Handle("GET", "/readyz",
                [readiness = options.readiness](const Request&, const ResponderPtr& responder) {
                  readiness([responder](const std::vector<HealthCheck>& checks) {
                    responder->Send(RenderReadiness(checks));
                  });
                });
}

void AddReload(http::Router& router, const SurfaceOptions& options) {
  router.Handle("POST", "/-/reload",
                [reload = options.reload](const Request&, const ResponderPtr& responder) {
                  reload([responder](const Result<void>& done) {
                    responder->Send(done.ok() ? http::TextResponse(200, "")
                                              : http::TextResponse(400, done.error().message + "\n"));
                  });
                });
}

http::Response Refuse(const Request& request, const Error& why) {
  if (request.path.starts_with("/apis/")) return apiserver::Forbidden(why.message);
  return http::TextResponse(403, "403 " + why.message + "\n");
}

// What a page of another site must not reach through a browser on this host.
void AddSheltered(http::Router& router, const SurfaceLoops& loops, const SurfaceOptions& options) {
  const auto inner = std::make_shared<http::Router>();
  AddReload(*inner, options);
  apiserver::AddRoutes(*inner, loops.core, loops.http, options.objects);
  const bool open = options.token.empty();
  const http::Handler guard = [inner, open, own_host = options.own_host](Request request,
                                                                         const ResponderPtr& responder) {
    const auto same = open ? http::CheckSameSite(request, own_host) : Result<void>();
    if (!same) return responder->Send(Refuse(request, same.error()));
    inner->Serve(std::move(request), responder);
  };
  router.Handle("POST", "/-/reload", guard);
  for (const char* method : kMethods) router.Handle(method, "/apis/{rest...}", guard);
}

void AddRest(http::Router& router, const SurfaceLoops& loops, const SurfaceOptions& options) {
  router.Handle("GET", "/metrics", exposition::MetricsHandler(loops.telemetry, loops.http, options.metrics));
  router.Handle("GET", "/version", Fixed(http::JsonResponse(200, RenderVersion(ThisBuild(), Output::kJson))));
  AddSheltered(router, loops, options);
  rules_api::AddRoutes(router, "/prometheus", loops.telemetry, loops.http, options.api);
}

}  // namespace

http::Router MakeSurface(SurfaceLoops loops, SurfaceOptions options) {
  http::Router router;
  AddHealth(router, options);
  if (options.token.empty()) {
    AddRest(router, loops, options);
    return router;
  }
  const auto rest = std::make_shared<http::Router>();
  AddRest(*rest, loops, options);
  const http::Handler guard = [rest, token = options.token](Request request, const ResponderPtr& responder) {
    if (Authorised(request, token)) return rest->Serve(std::move(request), responder);
    http::Response refusal = http::TextResponse(401, "401 a bearer token is needed\n");
    refusal.headers.emplace("WWW-Authenticate", "Bearer");
    responder->Send(std::move(refusal));
  };
  for (const char* method : kMethods) router.Handle(method, "/{rest...}", guard);
  return router;
}

}  // namespace belfry::cli
