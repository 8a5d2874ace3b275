#include "agent/http/connection.h"

#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"

namespace belfry::http {
namespace {

// A peer in memory: the test says what it sends and how much it takes.
class FakeStream : public Stream {
 public:
  struct Peer {
    Done read;
    std::span<char> buffer;
    Done write;
    std::string pending;  // offered by the write under way
    std::string taken;
    bool closed = false;
    bool shut = false;
  };
  explicit FakeStream(Peer& peer) : peer_(peer) {}

  void ReadSome(std::span<char> buffer, Done done) override {
    peer_.buffer = buffer;
    peer_.read = std::move(done);
  }
  void WriteSome(std::span<const std::string_view> pieces, Done done) override {
    peer_.pending.clear();
    for (const std::string_view piece : pieces) peer_.pending += piece;
    peer_.write = std::move(done);
  }
  void ShutdownWrite() override { peer_.shut = true; }
  void Close() override {
    peer_.closed = true;
    peer_.read = peer_.write = nullptr;
  }

 private:
  Peer& peer_;
};

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    router.Handle("GET", "/hi", [](Request, auto responder) { responder->Send(TextResponse(200, "hi")); });
    router.Handle("GET", "/stream", [this](Request, auto responder) {
      responder->Begin(200, {});
      stream = std::move(responder);
    });
    connection = std::make_shared<Connection>(host, std::make_unique<FakeStream>(peer), "test", false);
    connection->Start();
    loop.RunUntilIdle();
  }
  ~ConnectionTest() override { connection->Abort(); }

  void Receive(std::string_view bytes) {
    ASSERT_TRUE(peer.read) << "the connection is not reading";
    std::copy(bytes.begin(), bytes.end(), peer.buffer.begin());
    std::exchange(peer.read, nullptr)({}, bytes.size());
    loop.RunUntilIdle();
  }
  // The peer takes up to `bytes` of what is offered; false if nothing is.
  bool Take(size_t bytes = SIZE_MAX) {
    if (!peer.write) return false;
    bytes = std::min(bytes, peer.pending.size());
    peer.taken += peer.pending.substr(0, bytes);
    std::exchange(peer.write, nullptr)({}, bytes);
    loop.RunUntilIdle();
    return true;
  }
  void TakeAll(size_t step = SIZE_MAX) {
    while (Take(step)) {
    }
  }

  FakeEventLoop loop{FromUnixSeconds(784111777)};
  Router router;
  ServerOptions options;
  ServerCounters counters;
  int closed = 0;
  ConnectionHost host{loop, router, options, counters, [this](const auto&) { ++closed; }};
  FakeStream::Peer peer;
  std::shared_ptr<Connection> connection;
  std::shared_ptr<Responder> stream;
};

TEST_F(ConnectionTest, HeadAndBodyLeaveInOneWriteWithTheDate) {
  Receive("GET /hi HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(
      peer.pending,
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Length: 2\r\n\r\nhi");
}

TEST_F(ConnectionTest, WritesOfAnySizeGiveTheSameBytes) {
  for (const size_t step : {size_t{1}, size_t{3}, size_t{50}, SIZE_MAX}) {
    peer.taken.clear();
    Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    int drained = 0;
    for (const std::string piece : {"hello", "", "world"}) stream->Write(piece, [&] { ++drained; });
    stream->End();
    loop.RunUntilIdle();
    TakeAll(step);
    EXPECT_EQ(drained, 3);
    EXPECT_TRUE(peer.taken.ends_with("\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n")) << peer.taken;
    stream.reset();
    loop.RunUntilIdle();
  }
  EXPECT_EQ(counters.requests, 4U);
  EXPECT_FALSE(peer.closed);
}

TEST_F(ConnectionTest, DrainedWaitsUntilTheLastByteHasLeft) {
  Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  Take();
  bool drained = false;
  stream->Write("hello", [&] { drained = true; });
  loop.RunUntilIdle();
  const size_t offered = peer.pending.size();
  Take(offered - 1);
  EXPECT_FALSE(drained);
  Take(1);
  EXPECT_TRUE(drained);
}

TEST_F(ConnectionTest, SilentPeerIsClosedAfterTheHeaderTimeout) {
  loop.Advance(seconds(9));
  EXPECT_EQ(closed, 0);
  loop.Advance(seconds(1));
  EXPECT_EQ(closed, 1);
  EXPECT_TRUE(peer.closed);
}

TEST_F(ConnectionTest, ByteByByteHeaderRunsIntoItsDeadline) {
  const std::string_view request = "GET /hi HTTP/1.1\r\nHost: h\r\nX: aaaaaaaaaaaaaaaa";
  for (size_t i = 0; i < 9; ++i) {
    Receive(request.substr(i, 1));
    loop.Advance(seconds(1));
  }
  EXPECT_FALSE(peer.write);
  loop.Advance(seconds(2));
  EXPECT_TRUE(peer.pending.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << peer.pending;
  TakeAll();
  EXPECT_TRUE(peer.shut);
  loop.Advance(seconds(2));
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(counters.timeouts, 1U);
}

TEST_F(ConnectionTest, SlowBodyRunsIntoItsDeadline) {
  Receive("POST /hi HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 59; ++i) {
    Receive("x");
    loop.Advance(seconds(1));
  }
  EXPECT_FALSE(peer.write);
  loop.Advance(seconds(1));
  EXPECT_TRUE(peer.pending.starts_with("HTTP/1.1 408"));
}

TEST_F(ConnectionTest, IdleConnectionIsKeptForTwoMinutes) {
  Receive("GET /hi HTTP/1.1\r\nHost: h\r\n\r\n");
  TakeAll();
  EXPECT_TRUE(connection->idle());
  loop.Advance(minutes(2) - seconds(1));
  EXPECT_EQ(closed, 0);
  loop.Advance(seconds(1));
  EXPECT_EQ(closed, 1);
}

TEST_F(ConnectionTest, PeerThatTakesNothingIsCutOff) {
  Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  stream->Write("hello");
  loop.RunUntilIdle();
  loop.Advance(minutes(4));
  Take(1);  // progress starts the time anew
  loop.Advance(minutes(4));
  EXPECT_FALSE(stream->closed());
  loop.Advance(minutes(1));
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(counters.cut_off, 1U);
}

TEST_F(ConnectionTest, WriterThatIgnoresDrainedIsCutOff) {
  options.max_queued_bytes = 1000;
  Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  int accepted = 0;
  while (accepted < 100 && stream->Write(std::string(100, 'x'))) ++accepted;
  loop.RunUntilIdle();
  EXPECT_EQ(accepted, 10);
  EXPECT_EQ(closed, 1);
}

TEST_F(ConnectionTest, IdleStreamOfAHalfClosedPeerEndsBusyOneGoesOn) {
  Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  Take();
  Receive("");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(stream->Write("tick"));
    loop.RunUntilIdle();
    Take();
    loop.Advance(seconds(4));
  }
  EXPECT_FALSE(stream->closed());
  loop.Advance(seconds(10));
  EXPECT_TRUE(stream->closed());
}

TEST_F(ConnectionTest, PipelinedInputIsBoundedWhileAnAnswerIsMade) {
  Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  size_t sent = 0;
  while (peer.read && sent < (1U << 20)) {
    Receive(std::string(peer.buffer.size(), 'x'));
    sent += peer.buffer.size();
  }
  EXPECT_LE(sent, 80U * 1024);
}

TEST_F(ConnectionTest, AbandonedStreamIsCutNotEnded) {
  Receive("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  stream->Write("half");
  loop.RunUntilIdle();
  stream.reset();
  loop.RunUntilIdle();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(peer.taken.find("0\r\n\r\n"), std::string::npos);
}

}  // namespace
}  // namespace belfry::http
