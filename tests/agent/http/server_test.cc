#include "agent/http/server.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/agent/http/raw_client.h"

namespace belfry::http {
namespace {

constexpr std::string_view kGetHi = "GET /hi HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetHiAndClose = "GET /hi HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

size_t Count(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// A server on its own thread; handlers that tests share, others are added before Start.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router.Handle("GET", "/hi", [](Request, auto responder) { responder->Send(TextResponse(200, "hi")); });
    router.Handle("POST", "/echo",
                  [](Request request, auto responder) { responder->Send(TextResponse(200, request.body)); });
  }
  ~ServerTest() override { Stop(); }

  uint16_t Start(ServerOptions options = {}, const std::string& address = "127.0.0.1:0") {
    server = std::make_unique<Server>(loop, std::move(router), options);
    const Result<uint16_t> port = server->Listen(address);
    EXPECT_TRUE(port.ok()) << (port.ok() ? "" : port.error().message);
    thread = std::thread([this] { loop.Run(); });
    return port.ok() ? *port : uint16_t{0};
  }
  void Stop() {
    if (!thread.joinable()) return;
    loop.Post([this] {
      server->Close();
      loop.Stop();
    });
    thread.join();
  }

  AsioEventLoop loop;
  Router router;
  std::unique_ptr<Server> server;
  std::thread thread;
};

TEST_F(ServerTest, AnswersWithFramingAndDate) {
  RawClient client(Start());
  client.Send(kGetHiAndClose);
  const std::string answer = client.ReadToEnd();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 2\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\nDate: "), std::string::npos);
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhi"));
}

TEST_F(ServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  RawClient client(Start());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    const std::string body = "n" + std::to_string(i) + "\n";
    requests += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  std::thread sender([&] { client.Send(requests); });
  for (int i = 0; i < 500; ++i) {
    client.ReadUntil("\r\n\r\n");
    ASSERT_EQ(client.ReadUntil("\n"), "n" + std::to_string(i) + "\n");
  }
  sender.join();
  EXPECT_EQ(server->stats().connections, 1U);
  EXPECT_EQ(server->stats().requests, 500U);
}

TEST_F(ServerTest, HeadHasLengthButNoBody) {
  router.Handle("GET", "/stream", [](Request, auto responder) {
    responder->Begin(200, {});
    EXPECT_FALSE(responder->Write("never"));
    responder->End();
  });
  RawClient client(Start());
  client.Send("HEAD /hi HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n" +
              std::string(kGetHiAndClose));
  const std::string answers = client.ReadToEnd();
  EXPECT_EQ(Count(answers, "HTTP/1.1 200 OK"), 3U) << answers;
  EXPECT_EQ(Count(answers, "Content-Length: 2"), 2U);
  EXPECT_EQ(Count(answers, "hi"), 1U);
  EXPECT_EQ(answers.find("never"), std::string::npos);
}

TEST_F(ServerTest, RefusesMalformedRequestsAndClosesAfterTheAnswer) {
  const uint16_t port = Start();
  for (const auto& [request, status] : std::vector<std::pair<std::string, std::string>>{
           {"nonsense\r\n\r\n", "400"},
           {std::string("\0\0\0\0\0", 5), "400"},
           {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n", "431"},
           {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n" + std::string(1'000'000, 'a'),
            "413"}}) {
    RawClient client(port);
    client.Send(request);
    const std::string answer = client.ReadToEnd();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status)) << answer.substr(0, 60);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
  EXPECT_EQ(server->stats().malformed, 4U);
}

TEST_F(ServerTest, BodyUpToTheLimitIsServed) {
  RawClient client(Start());
  const std::string body(8 * 1024 * 1024, 'x');
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send(body);
  EXPECT_TRUE(client.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(client.ReadToEnd(), body);
}

TEST_F(ServerTest, UnansweredRequestIs500AndThrowingHandlerToo) {
  router.Handle("GET", "/dropped", [](Request, auto) {});
  router.Handle("GET", "/throws", [](Request, auto) { throw std::runtime_error("oops"); });
  RawClient client(Start());
  client.Send(
      "GET /dropped HTTP/1.1\r\nHost: h\r\n\r\nGET /throws HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Count(client.ReadToEnd(), "HTTP/1.1 500 Internal Server Error"), 2U);
}

TEST_F(ServerTest, HeaderValuesCannotMakeHeaders) {
  router.Handle("GET", "/", [](Request, auto responder) {
    responder->Send({200, {{"X-Name", "a\r\nX-Evil: 1"}, {"Content-Length", "999"}}, "ok"});
  });
  RawClient client(Start());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadToEnd();
  EXPECT_EQ(answer.find("\nX-Evil"), std::string::npos);
  EXPECT_EQ(answer.find("999"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("ok"));
}

TEST_F(ServerTest, StreamsChunksAndHttp10GetsThemPlain) {
  router.Handle("GET", "/stream", [](Request, auto responder) {
    responder->Begin(200, {{"Content-Type", "text/plain"}});
    responder->Write("one,");
    responder->Write("");
    responder->Write("two");
    responder->End();
  });
  const uint16_t port = Start();
  RawClient client(port);
  client.Send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGetHiAndClose));
  const std::string answers = client.ReadToEnd();
  EXPECT_NE(answers.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(answers.find("\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200"), std::string::npos)
      << answers;
  RawClient old(port);
  old.Send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.ReadToEnd().ends_with("\r\n\r\none,two"));
}

// Answers from another thread, like the rooms that own the data.
TEST_F(ServerTest, AnswersFromAnotherThreadKeepTheirOrder) {
  std::vector<std::thread> workers;
  router.Handle("GET", "/work", [&workers](Request, std::shared_ptr<Responder> responder) {
    workers.emplace_back([responder] {
      responder->Begin(200, {});
      for (int i = 0; i < 1000; ++i) responder->Write(std::to_string(i) + "\n");
      responder->End();
    });
  });
  RawClient client(Start());
  client.Send("GET /work HTTP/1.0\r\n\r\n");
  std::string want;
  for (int i = 0; i < 1000; ++i) want += std::to_string(i) + "\n";
  client.ReadUntil("\r\n\r\n");
  EXPECT_EQ(client.ReadToEnd(), want);
  for (std::thread& worker : workers) worker.join();
}

// Writes `pieces` pieces of 256 KiB, each when the one before has left.
void WriteSlowly(const std::shared_ptr<Responder>& responder, int pieces, std::atomic<int>& written) {
  if (pieces == 0) return responder->End();
  ++written;
  responder->Write(std::string(256 * 1024, 'x'),
                   [responder, pieces, &written] { WriteSlowly(responder, pieces - 1, written); });
}

TEST_F(ServerTest, SlowReaderHoldsItsWriterBackAndNobodyElse) {
  std::atomic<int> written{0};
  router.Handle("GET", "/big", [&written](Request, std::shared_ptr<Responder> responder) {
    responder->Begin(200, {});
    WriteSlowly(responder, 160, written);
  });
  const uint16_t port = Start();
  RawClient slow(port, 4096);
  slow.Send("GET /big HTTP/1.0\r\n\r\n");
  slow.ReadUntil("\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    RawClient quick(port);
    quick.Send(kGetHiAndClose);
    EXPECT_TRUE(quick.ReadToEnd().ends_with("hi"));
  }
  // What fits into the socket buffers of both sides, not the 40 MB of the answer.
  EXPECT_LT(written, 80);
  size_t got = 0;
  for (std::string some = slow.ReadSome(1 << 20); !some.empty(); some = slow.ReadSome(1 << 20))
    got += some.size();
  EXPECT_GE(got, 160U * 256 * 1024 - 65536);
}

TEST_F(ServerTest, WriteSaysWhenThePeerHasGone) {
  std::promise<std::shared_ptr<Responder>> promise;
  router.Handle("GET", "/watch", [&promise](Request, std::shared_ptr<Responder> responder) {
    responder->Begin(200, {});
    responder->Write("first\n");
    promise.set_value(std::move(responder));
  });
  ServerOptions options;
  options.half_close_timeout = milliseconds(10);
  RawClient client(Start(options));
  client.Send("GET /watch HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ReadUntil("first\n");
  const auto responder = promise.get_future().get();
  client.Close();
  while (!responder->closed()) std::this_thread::yield();
  EXPECT_FALSE(responder->Write("more"));
  EXPECT_EQ(server->stats().cut_off, 1U);
}

TEST_F(ServerTest, ConnectionsAboveTheLimitGet503) {
  ServerOptions options;
  options.max_connections = 2;
  const uint16_t port = Start(options);
  RawClient a(port);
  a.Send(kGetHi);
  a.ReadUntil("hi");
  RawClient b(port);
  b.Send(kGetHi);
  b.ReadUntil("hi");
  RawClient c(port);
  c.Send(kGetHi);
  EXPECT_TRUE(c.ReadToEnd().starts_with("HTTP/1.1 503 Service Unavailable"));
  a.Send(kGetHi);
  EXPECT_TRUE(a.ReadUntil("hi").ends_with("hi"));
  EXPECT_EQ(server->stats().refused, 1U);
}

TEST_F(ServerTest, HalfClosedPeerStillGetsItsAnswers) {
  RawClient client(Start());
  client.Send(std::string(kGetHi) + std::string(kGetHi));
  client.FinishSending();
  EXPECT_EQ(Count(client.ReadToEnd(), "\r\n\r\nhi"), 2U);
}

TEST_F(ServerTest, PortTakenIsOneClearError) {
  const uint16_t port = Start();
  AsioEventLoop other_loop;
  Server other(other_loop, Router());
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const Result<uint16_t> again = other.Listen(address);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().message,
            "listen on " + address + ": the port is taken (does another belfry agent run?)");
}

TEST_F(ServerTest, ListensOnIpv6Too) {
  const uint16_t port = Start({}, "[::1]:0");
  const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::send(fd.get(), kGetHiAndClose.data(), kGetHiAndClose.size(), 0),
            static_cast<ssize_t>(kGetHiAndClose.size()));
  std::string answer(1000, '\0');
  EXPECT_GT(::recv(fd.get(), answer.data(), answer.size(), 0), 0);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, CloseEndsStreamsAndLateAnswersAreIgnored) {
  std::promise<std::shared_ptr<Responder>> promise;
  router.Handle("GET", "/late", [&promise](Request, std::shared_ptr<Responder> responder) {
    promise.set_value(std::move(responder));
  });
  RawClient client(Start());
  client.Send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
  auto responder = promise.get_future().get();
  Stop();
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(responder->closed());
  responder->Send(TextResponse(200, "too late"));
}

TEST(ParseListenAddress, KnowsHostsAndLoopback) {
  struct Case {
    std::string text;
    ListenAddress want;
  };
  for (const Case& c : std::vector<Case>{{"127.0.0.1:2353", {"127.0.0.1", 2353, true}},
                                         {"localhost:0", {"127.0.0.1", 0, true}},
                                         {"[::1]:80", {"::1", 80, true}},
                                         {"0.0.0.0:80", {"0.0.0.0", 80, false}},
                                         {":80", {"", 80, false}},
                                         {"[::]:80", {"::", 80, false}}}) {
    const auto got = ParseListenAddress(c.text);
    ASSERT_TRUE(got.ok()) << c.text << got.error().message;
    EXPECT_EQ(*got, c.want) << c.text;
  }
  for (const std::string text : {"", "2353", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "h:x", "::1:80",
                                 "host.name:1", "1.2.3:4", "127.0.0.1:-1", "127.0.0.1: 80"}) {
    const auto got = ParseListenAddress(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.error().code, Code::kInvalid);
    EXPECT_NE(got.error().message.find("listen address \"" + text + "\": "), std::string::npos);
  }
}

}  // namespace
}  // namespace belfry::http
