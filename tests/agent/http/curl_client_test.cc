#include "agent/http/curl_client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>

#include "agent/http/server.h"

namespace belfry::http {
namespace {

// Client and server on one loop: nothing here may block.
class CurlHttpClientTest : public testing::Test {
 protected:
  CurlHttpClientTest() {
    router.Handle("GET", "/hi", [](Request, auto responder) {
      responder->Send({200, {{"Content-Type", "text/plain"}, {"X-Empty", ""}}, "hi"});
    });
    router.Handle("GET", "/hang",
                  [this](Request, auto responder) { hanging.push_back(std::move(responder)); });
    router.Handle("GET", "/big", [](Request, auto responder) {
      responder->Send(TextResponse(200, std::string(5000, 'x')));
    });
    router.Handle("POST", "/moved", [](Request request, auto responder) {
      const int status = std::stoi(*request.QueryValue("status"));
      responder->Send({status, {{"Location", "/echo"}}, "moved"});
    });
    const auto echo = [](Request request, auto responder) {
      std::string text = request.method + " " + request.body + "\n";
      for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
      responder->Send(TextResponse(200, text));
    };
    for (const std::string method : {"GET", "POST", "PUT", "DELETE", "PATCH"})
      router.Handle(method, "/echo", echo);
  }

  void Start() {
    server = std::make_unique<Server>(loop, std::move(router));
    const auto port = server->Listen("127.0.0.1:0");
    ASSERT_TRUE(port.ok());
    base = "http://127.0.0.1:" + std::to_string(*port);
  }
  Result<Response> Fetch(ClientRequest request) {
    std::optional<Result<Response>> got;
    client->Send(std::move(request), [&](Result<Response> result) {
      got = std::move(result);
      loop.Stop();
    });
    EXPECT_FALSE(got) << "done was called from inside Send";
    loop.context().restart();
    loop.Run();
    return *std::move(got);
  }
  Code FetchError(ClientRequest request) {
    const auto result = Fetch(std::move(request));
    EXPECT_FALSE(result.ok());
    if (result.ok()) return Code::kInternal;
    last_message = result.error().message;
    return result.error().code;
  }

  AsioEventLoop loop;
  Router router;
  std::vector<std::shared_ptr<Responder>> hanging;
  std::unique_ptr<Server> server;
  std::unique_ptr<CurlHttpClient> client = std::make_unique<CurlHttpClient>(loop);
  std::string base;
  std::string last_message;
};

TEST_F(CurlHttpClientTest, FetchesAndKeepsTheConnection) {
  Start();
  for (int i = 0; i < 5; ++i) {
    const auto response = Fetch({.url = base + "/hi"});
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hi");
    EXPECT_EQ(Find(response->headers, "content-type"), "text/plain");
  }
  EXPECT_EQ(server->stats().connections, 1U);
}

TEST_F(CurlHttpClientTest, AnyStatusIsAnAnswer) {
  Start();
  EXPECT_EQ(Fetch({.url = base + "/nothing"})->status, 404);
  EXPECT_EQ(Fetch({.method = "DELETE", .url = base + "/hi"})->status, 405);
  const auto head = Fetch({.method = "HEAD", .url = base + "/hi"});
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
}

TEST_F(CurlHttpClientTest, SendsMethodHeadersAndBodyAsGiven) {
  Start();
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto response = Fetch({.method = method,
                                 .url = base + "/echo",
                                 .headers = {{"X-A", "1"}, {"X-None", ""}},
                                 .body = "payload"});
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_TRUE(response->body.starts_with(method + " payload\n")) << response->body;
    EXPECT_NE(response->body.find("X-A: 1\n"), std::string::npos);
    EXPECT_NE(response->body.find("X-None: \n"), std::string::npos);
    EXPECT_EQ(response->body.find("Content-Type"), std::string::npos) << response->body;
    EXPECT_EQ(response->body.find("Expect"), std::string::npos);
  }
  const std::string large(3'000'000, 'x');
  EXPECT_TRUE(
      Fetch({.method = "POST", .url = base + "/echo", .body = large, .max_response_bytes = 4'000'000}).ok());
}

TEST_F(CurlHttpClientTest, HangingServerIsATimeout) {
  Start();
  EXPECT_EQ(FetchError({.url = base + "/hang?token=secret", .timeout = milliseconds(50)}), Code::kTimeout);
  EXPECT_EQ(last_message, "GET " + base + ": no answer within 50ms");
}

TEST_F(CurlHttpClientTest, UnreachableServerIsUnavailable) {
  uint16_t port = 0;
  {
    Server gone(loop, Router());
    port = gone.Listen("127.0.0.1:0").value();
  }
  EXPECT_EQ(FetchError({.url = "http://127.0.0.1:" + std::to_string(port) + "/"}), Code::kUnavailable);
  EXPECT_EQ(FetchError({.url = "http://no-such-host.invalid/"}), Code::kUnavailable);
}

TEST_F(CurlHttpClientTest, LongAnswerIsTooLarge) {
  Start();
  EXPECT_EQ(FetchError({.url = base + "/big", .max_response_bytes = 4999}), Code::kTooLarge);
  EXPECT_EQ(Fetch({.url = base + "/big", .max_response_bytes = 5000})->body.size(), 5000U);
}

TEST_F(CurlHttpClientTest, RefusesWhatIsNoHttpUrlOrWouldSplitAHeader) {
  for (const std::string url : {"", "h", "ftp://h/", "file:///etc/passwd", "gopher://h", "http://a\r\nb"}) {
    EXPECT_EQ(FetchError({.url = url}), Code::kInvalid) << url;
  }
  EXPECT_EQ(FetchError({.url = "http://127.0.0.1:1/", .headers = {{"A", "b\r\nC: d"}}}), Code::kInvalid);
}

TEST_F(CurlHttpClientTest, RedirectsAreFollowedOnlyWhenAsked) {
  Start();
  const ClientRequest request{.method = "POST", .url = base + "/moved?status=307", .body = "b"};
  EXPECT_EQ(Fetch(request)->status, 307);
  struct Case {
    int status;
    std::string want;
  };
  for (const Case& c :
       {Case{301, "GET "}, Case{302, "GET "}, Case{303, "GET "}, Case{307, "POST b"}, Case{308, "POST b"}}) {
    const auto response = Fetch({.method = "POST",
                                 .url = base + "/moved?status=" + std::to_string(c.status),
                                 .body = "b",
                                 .max_redirects = 1});
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_TRUE(response->body.starts_with(c.want + "\n")) << c.status << response->body;
  }
}

TEST_F(CurlHttpClientTest, ProxyOfTheEnvironmentIsNotUsed) {
  Start();
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_TRUE(Fetch({.url = base + "/hi"}).ok());
  ::unsetenv("http_proxy");
}

TEST_F(CurlHttpClientTest, ManyAtOnceAllAnswer) {
  Start();
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    client->Send({.url = base + "/hi"}, [&](Result<Response> result) {
      EXPECT_TRUE(result.ok());
      if (++answered == 100) loop.Stop();
    });
  }
  loop.Run();
  EXPECT_EQ(answered, 100);
}

TEST_F(CurlHttpClientTest, MayBeDestroyedByAnAnswer) {
  Start();
  int answered = 0;
  for (int i = 0; i < 3; ++i) {
    client->Send({.url = base + "/hi"}, [&](const Result<Response>&) {
      ++answered;
      client.reset();
      loop.Post([this] { loop.Stop(); });
    });
  }
  loop.Run();
  EXPECT_EQ(answered, 1);
}

}  // namespace
}  // namespace belfry::http
