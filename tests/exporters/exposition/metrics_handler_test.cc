#include "exporters/exposition/metrics_handler.h"

#include <gtest/gtest.h>

#include "agent/base/fake_event_loop.h"
#include "exporters/model/row_table.h"

namespace belfry::exposition {
namespace {

// What a server would have done, with a peer that reads when told to.
struct Peer {
  std::optional<http::Response> sent;
  int status = 0;
  http::Headers headers;
  std::vector<std::string> pieces;
  std::function<void()> drained;
  bool ended = false;
  bool gone = false;
  bool dropped = false;

  // Reads what has been written; the server then asks for more on its loop.
  void Read(FakeEventLoop& loop) {
    if (drained) loop.Post(std::exchange(drained, nullptr));
    loop.RunUntilIdle();
  }
  std::string Text() const {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
  }
};

class FakeResponder : public http::Responder {
 public:
  explicit FakeResponder(std::shared_ptr<Peer> peer) : peer_(std::move(peer)) {}
  ~FakeResponder() override { peer_->dropped = true; }

  void Send(http::Response response) override { peer_->sent = std::move(response); }
  void Begin(int status, http::Headers headers) override {
    peer_->status = status;
    peer_->headers = std::move(headers);
  }
  bool Write(std::string piece, std::function<void()> drained) override {
    if (peer_->gone) return false;
    peer_->pieces.push_back(std::move(piece));
    peer_->drained = std::move(drained);
    return true;
  }
  void End() override { peer_->ended = true; }
  bool closed() const override { return peer_->gone; }

 private:
  std::shared_ptr<Peer> peer_;
};

class MetricsHandlerTest : public testing::Test {
 protected:
  MetricsHandlerTest() {
    for (int i = 0; i < 2000; ++i) {
      table_.Set(std::to_string(i), [i](model::RowWriter& row) {
        const std::string name = std::to_string(i);
        const model::LabelView base[] = {{"name", name}};
        row.Base(base);
        row.Add(0, i);
      });
    }
    handler_ = MetricsHandler(telemetry_, http_,
                              {.take = [this] { return Snapshots{table_.Take()}; },
                               .done = [this](const ScrapeReport& report) { reports_.push_back(report); },
                               .piece_bytes = 4096});
  }

  std::shared_ptr<Peer> Scrape(http::Headers headers = {}, std::string method = "GET") {
    auto peer = std::make_shared<Peer>();
    http::Request request{.method = std::move(method), .path = "/metrics", .headers = std::move(headers)};
    handler_(std::move(request), std::make_shared<FakeResponder>(peer));
    return peer;
  }
  void ReadAll(Peer& peer) {
    while (!peer.ended && !peer.dropped) peer.Read(http_);
  }

  FakeEventLoop telemetry_{Instant(hours(1))};
  FakeEventLoop http_{Instant(hours(1))};
  model::RowTable table_{{{.name = "a", .help = "A.", .type = model::MetricType::kGauge, .unit = ""}}};
  std::vector<ScrapeReport> reports_;
  http::Handler handler_;
};

TEST_F(MetricsHandlerTest, StreamsThePageInPiecesAsThePeerReads) {
  const auto peer = Scrape();
  EXPECT_EQ(peer->status, 0);
  telemetry_.RunUntilIdle();
  http_.RunUntilIdle();
  EXPECT_EQ(peer->status, 200);
  EXPECT_EQ(http::Find(peer->headers, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(peer->pieces.size(), 1U);  // no second piece before the first is read
  http_.RunUntilIdle();
  EXPECT_EQ(peer->pieces.size(), 1U);
  ReadAll(*peer);
  EXPECT_TRUE(peer->ended);
  EXPECT_EQ(peer->Text(), WritePage({table_.Take()}, model::TextFormat::kPrometheus));
  for (const std::string& piece : peer->pieces) EXPECT_LT(piece.size(), 4096U + 4096U);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_TRUE(reports_[0].complete);
  EXPECT_EQ(reports_[0].bytes, peer->Text().size());
}

TEST_F(MetricsHandlerTest, WritesOpenMetricsWhenAsked) {
  const auto peer = Scrape({{"Accept", "application/openmetrics-text;version=1.0.0"}});
  telemetry_.RunUntilIdle();
  http_.RunUntilIdle();
  ReadAll(*peer);
  EXPECT_EQ(http::Find(peer->headers, "Content-Type"),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(peer->Text().ends_with("\n# EOF\n"));
}

TEST_F(MetricsHandlerTest, SeveralScrapesRunSideBySide) {
  std::vector<std::shared_ptr<Peer>> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(Scrape());
  telemetry_.RunUntilIdle();
  http_.RunUntilIdle();
  const std::string before = WritePage({table_.Take()}, model::TextFormat::kPrometheus);
  table_.Set("0", [](model::RowWriter& row) { row.Add(0, 99); });  // does not touch what is under way
  for (int round = 0; round < 100; ++round) {
    for (const auto& peer : peers) peer->Read(http_);
  }
  for (const auto& peer : peers) {
    EXPECT_TRUE(peer->ended);
    EXPECT_EQ(peer->Text(), before);
    EXPECT_TRUE(peer->dropped);
  }
}

TEST_F(MetricsHandlerTest, AnswersUnavailableWhenTheNumbersComeTooLate) {
  const auto peer = Scrape({{"X-Prometheus-Scrape-Timeout-Seconds", "2.5"}});
  http_.Advance(milliseconds(2499));
  EXPECT_FALSE(peer->sent);
  http_.Advance(milliseconds(1));
  ASSERT_TRUE(peer->sent);
  EXPECT_EQ(peer->sent->status, 503);
  telemetry_.RunUntilIdle();  // too late
  http_.RunUntilIdle();
  EXPECT_EQ(peer->status, 0);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_FALSE(reports_[0].complete);
}

TEST_F(MetricsHandlerTest, DropsTheConnectionWhenTheScraperReadsTooSlowly) {
  const auto peer = Scrape({{"X-Prometheus-Scrape-Timeout-Seconds", "10"}});
  telemetry_.RunUntilIdle();
  http_.RunUntilIdle();
  peer->Read(http_);
  http_.Advance(seconds(10));
  EXPECT_FALSE(peer->ended);  // an orderly end would pass for a whole page
  peer->Read(http_);
  EXPECT_EQ(peer->pieces.size(), 2U);
  EXPECT_TRUE(peer->dropped);
}

TEST_F(MetricsHandlerTest, IgnoresATimeoutThatIsNone) {
  for (const char* text : {"", "abc", "-1", "0", "nan", "1e99", "5 apples"}) {
    const auto peer = Scrape({{"X-Prometheus-Scrape-Timeout-Seconds", text}});
    telemetry_.RunUntilIdle();
    http_.Advance(seconds(100));
    ReadAll(*peer);
    EXPECT_TRUE(peer->ended) << text;
  }
}

TEST_F(MetricsHandlerTest, StopsWhenThePeerIsGone) {
  const auto peer = Scrape();
  telemetry_.RunUntilIdle();
  http_.RunUntilIdle();
  peer->gone = true;
  peer->Read(http_);
  EXPECT_FALSE(peer->ended);
  EXPECT_TRUE(peer->dropped);
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_FALSE(reports_[0].complete);
}

TEST_F(MetricsHandlerTest, AnswersHeadWithoutTakingSnapshots) {
  const auto peer = Scrape({}, "HEAD");
  ASSERT_TRUE(peer->sent);
  EXPECT_EQ(peer->sent->status, 200);
  EXPECT_EQ(peer->sent->body, "");
  EXPECT_EQ(telemetry_.RunUntilIdle(), 0U);
}

}  // namespace
}  // namespace belfry::exposition
