#include "rules/api/routes.h"

#include <nlohmann/json.hpp>

#include "rules/api/answer.h"
#include "rules/api/queries.h"
#include "rules/api/rule_answers.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;
using Answerer = http::Response (*)(const ApiSources&, const http::Request&, Instant);

http::Response BuildInfo(const ApiSources& sources, const http::Request&, Instant) {
  return Success({{"version", sources.version},
                  {"revision", sources.revision},
                  {"branch", sources.branch},
                  {"buildUser", ""},
                  {"buildDate", ""},
                  {"goVersion", ""}});
}

http::Response NoExemplars(const ApiSources&, const http::Request&, Instant) {
  return Success(Json::array());
}

// Scripts of other pages may ask what there is, but get no Access-Control-Allow-Origin: unlike Prometheus, a
// page somebody happens to visit does not read what runs on his host.
void Options(const http::Request&, const std::shared_ptr<http::Responder>& responder) {
  responder->Send({204, {{"Access-Control-Allow-Methods", "GET, POST, OPTIONS"}}, {}});
}

struct Path {
  const char* pattern;
  bool post;  // also answers a form by POST
  Answerer answer;
};

constexpr Path kPaths[] = {
    {"query", true, Query},
    {"query_range", true, QueryRange},
    {"series", true, Series},
    {"labels", true, LabelNames},
    {"label/{name}/values", false, LabelValues},
    {"metadata", false, Metadata},
    {"format_query", true, FormatQuery},
    {"query_exemplars", true, NoExemplars},
    {"rules", false, Rules},
    {"alerts", false, Alerts},
    {"status/buildinfo", false, BuildInfo},
};

}  // namespace

void AddRoutes(http::Router& router, const std::string& prefix, EventLoop& telemetry, ApiSources sources) {
  const auto shared = std::make_shared<const ApiSources>(std::move(sources));
  for (const Path& path : kPaths) {
    const http::Handler handler = [&telemetry, shared, answer = path.answer](
                                      http::Request request, std::shared_ptr<http::Responder> responder) {
      telemetry.Post(
          [&telemetry, shared, answer, request = std::move(request), responder = std::move(responder)] {
            responder->Send(answer(*shared, request, telemetry.Now()));
          });
    };
    router.Handle("GET", prefix + "/api/v1/" + path.pattern, handler);
    if (path.post) router.Handle("POST", prefix + "/api/v1/" + path.pattern, handler);
    router.Handle("OPTIONS", prefix + "/api/v1/" + path.pattern, Options);
  }
  for (const auto& [page, text] :
       {std::pair("/-/healthy", "Belfry is healthy.\n"), {"/-/ready", "Belfry is ready.\n"}}) {
    router.Handle("GET", prefix + page,
                  [text = std::string(text)](const http::Request&, const auto& responder) {
                    responder->Send(http::TextResponse(200, text));
                  });
  }
}

}  // namespace belfry::rules_api
