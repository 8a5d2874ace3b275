#include "rules/api/routes.h"

#include <nlohmann/json.hpp>

#include "rules/api/answer.h"
#include "rules/api/queries.h"
#include "rules/api/reply.h"
#include "rules/api/rule_answers.h"
#include "rules/api/status_answers.h"

namespace belfry::rules_api {
namespace {

using Json = nlohmann::ordered_json;
using Answerer = Reply (*)(const Call&);

Reply NoExemplars(const Call&) { return Success(Json::array()); }

// The agent itself is the one target: its numbers are always fresh.
Reply Targets(const Call& call) {
  Json active = Json::array();
  const std::string url = call.sources.page_url ? call.sources.page_url() : "";
  const std::string state = call.request.QueryValue("state").value_or("");
  if (state != "dropped") {
    active.push_back({{"discoveredLabels", Json::object()},
                      {"labels", {{"job", "belfry"}}},
                      {"scrapePool", "belfry"},
                      {"scrapeUrl", url},
                      {"globalUrl", url},
                      {"lastError", ""},
                      {"lastScrape", FormatRfc3339(call.now)},
                      {"lastScrapeDuration", 0},
                      {"health", "up"},
                      {"scrapeInterval", "0s"},
                      {"scrapeTimeout", "0s"}});
  }
  return Success({{"activeTargets", std::move(active)},
                  {"droppedTargets", Json::array()},
                  {"droppedTargetCounts", Json::object()}});
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
    {"parse_query", true, ParseQuery},
    {"query_exemplars", true, NoExemplars},
    {"rules", false, Rules},
    {"alerts", false, Alerts},
    {"targets", false, Targets},
    {"status/buildinfo", false, BuildInfo},
    {"status/config", false, StatusConfig},
    {"status/flags", false, StatusFlags},
    {"status/runtimeinfo", false, RuntimeInfo},
};

}  // namespace

namespace {

// Takes the values on one loop and has the text made on the other.
http::Handler HandlerOf(EventLoop& telemetry, EventLoop& http_loop, std::shared_ptr<const ApiSources> sources,
                        Answerer answer) {
  return [&telemetry, &http_loop, sources = std::move(sources), answer](
             http::Request request, std::shared_ptr<http::Responder> responder) {
    telemetry.Post([&telemetry, &http_loop, sources, answer, request = std::move(request),
                    responder = std::move(responder)] {
      const Call call{.sources = *sources,
                      .request = request,
                      .now = telemetry.Now(),
                      .clock = telemetry,
                      .gone = [&responder] { return responder->closed(); }};
      http_loop.Post([reply = answer(call), responder] { SendReply(reply, responder); });
    });
  };
}

}  // namespace

void AddRoutes(http::Router& router, const std::string& prefix, EventLoop& telemetry, EventLoop& http_loop,
               ApiSources sources) {
  const auto shared = std::make_shared<const ApiSources>(std::move(sources));
  for (const Path& path : kPaths) {
    const http::Handler handler = HandlerOf(telemetry, http_loop, shared, path.answer);
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
