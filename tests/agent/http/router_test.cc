#include "agent/http/router.h"

#include <gtest/gtest.h>

#include "agent/http/fake_responder.h"

namespace belfry::http {
namespace {

// Answers with its name and the parameters it got.
Handler Named(std::string name) {
  return [name](Request request, std::shared_ptr<Responder> responder) {
    std::string text = name;
    for (const auto& [key, value] : request.params) text += " " + key + "=" + value;
    responder->Send(TextResponse(200, text));
  };
}

Router Routes() {
  Router router;
  router.Handle("GET", "/", Named("root"));
  router.Handle("GET", "/metrics", Named("metrics"));
  router.Handle("GET", "/api/{version}/pods", Named("pods"));
  router.Handle("GET", "/api/v1/pods", Named("v1pods"));
  router.Handle("POST", "/api/v1/pods", Named("create"));
  router.Handle("DELETE", "/api/{version}/pods", Named("delete"));
  router.Handle("GET", "/files/{rest...}", Named("files"));
  router.Handle("GET", "/files/index", Named("index"));
  return router;
}

Response Serve(const std::string& method, const std::string& path) {
  const auto responder = std::make_shared<FakeResponder>();
  Routes().Serve({.method = method, .path = path}, responder);
  EXPECT_EQ(responder->answers, 1) << method << " " << path;
  return *responder->response;
}

TEST(Router, PicksTheMostExactRoute) {
  struct Case {
    std::string method, path, want;
  };
  for (const Case& c : std::vector<Case>{{"GET", "/", "root"},
                                         {"GET", "/metrics", "metrics"},
                                         {"HEAD", "/metrics", "metrics"},
                                         {"GET", "/api/v1/pods", "v1pods"},
                                         {"GET", "/api/v2/pods", "pods version=v2"},
                                         {"POST", "/api/v1/pods", "create"},
                                         {"DELETE", "/api/v1/pods", "delete version=v1"},
                                         {"GET", "/files/", "files rest="},
                                         {"GET", "/files/a/b c/", "files rest=a/b c/"},
                                         {"GET", "/files/index", "index"}}) {
    const Response response = Serve(c.method, c.path);
    EXPECT_EQ(response.status, 200) << c.path;
    EXPECT_EQ(response.body, c.want) << c.method << " " << c.path;
  }
}

TEST(Router, UnknownPathIs404) {
  for (const std::string path :
       {"/x", "/metrics/", "/metrics/x", "/api/v1", "/api//pods", "/files", "", "*"}) {
    if (path.empty()) continue;
    const Response response = Serve("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, "404 page not found\n");
  }
}

TEST(Router, KnownPathWithOtherMethodIs405WithAllow) {
  const Response response = Serve("PUT", "/api/v1/pods");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(Find(response.headers, "Allow"), "DELETE, GET, HEAD, POST");
  EXPECT_EQ(Find(Serve("POST", "/metrics").headers, "Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace belfry::http
