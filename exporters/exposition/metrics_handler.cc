#include "exporters/exposition/metrics_handler.h"

#include <charconv>
#include <memory>
#include <optional>

#include "exporters/exposition/negotiation.h"

namespace belfry::exposition {
namespace {

std::optional<Duration> ScrapeTimeout(const http::Request& request) {
  const std::string_view text = http::Find(request.headers, "X-Prometheus-Scrape-Timeout-Seconds");
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool valid =
      error == std::errc() && end == text.data() + text.size() && seconds > 0 && seconds < 86'400;
  if (!valid) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

// One scrape under way. Lives in the callbacks it waits for: the snapshot task, `drained`, and the timer's
// weak pointer.
class Scrape : public std::enable_shared_from_this<Scrape> {
 public:
  Scrape(EventLoop& http, std::shared_ptr<const MetricsOptions> options, Negotiated negotiated,
         std::shared_ptr<http::Responder> responder)
      : http_(http),
        options_(std::move(options)),
        negotiated_(std::move(negotiated)),
        responder_(std::move(responder)),
        timer_(http),
        started_(http.Monotonic()) {}

  void Start(EventLoop& telemetry, Duration timeout) {
    timer_.RunAfter(timeout, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->GiveUp();
    });
    telemetry.Post([self = shared_from_this()] {
      auto snapshots = std::make_shared<Snapshots>(self->options_->take());
      self->http_.Post([self, snapshots] { self->Begin(std::move(*snapshots)); });
    });
  }

 private:
  void Begin(Snapshots snapshots) {
    if (!responder_) return;
    page_.emplace(std::move(snapshots), negotiated_.format);
    responder_->Begin(200, {{"Content-Type", negotiated_.content_type}});
    Continue();
  }

  void Continue() {
    if (!responder_) return;
    std::string piece = page_->Next(options_->piece_bytes);
    if (piece.empty()) {
      responder_->End();
      return Finish(true);
    }
    bytes_ += piece.size();
    if (!responder_->Write(std::move(piece), [self = shared_from_this()] { self->Continue(); }))
      Finish(false);
  }

  void GiveUp() {
    if (!responder_) return;
    if (!page_) {
      responder_->Send(
          http::TextResponse(503, "belfry: the numbers were not ready within the scraper's timeout\n"));
    }
    Finish(false);
  }

  void Finish(bool complete) {
    responder_.reset();
    page_.reset();
    timer_.Cancel();
    if (options_->done) options_->done({complete, bytes_, http_.Monotonic() - started_});
  }

  EventLoop& http_;
  std::shared_ptr<const MetricsOptions> options_;
  Negotiated negotiated_;
  std::shared_ptr<http::Responder> responder_;  // null once it is over
  std::optional<Page> page_;
  Timer timer_;
  Duration started_;
  uint64_t bytes_ = 0;
};

}  // namespace

http::Handler MetricsHandler(EventLoop& telemetry, EventLoop& http, MetricsOptions options) {
  auto shared = std::make_shared<const MetricsOptions>(std::move(options));
  return [&telemetry, &http, shared](http::Request request, std::shared_ptr<http::Responder> responder) {
    Negotiated negotiated = Negotiate(http::Find(request.headers, "Accept"));
    if (request.method == "HEAD") {
      responder->Send({200, {{"Content-Type", negotiated.content_type}}, {}});
      return;
    }
    const Duration timeout = ScrapeTimeout(request).value_or(shared->default_timeout);
    std::make_shared<Scrape>(http, shared, std::move(negotiated), std::move(responder))
        ->Start(telemetry, timeout);
  };
}

}  // namespace belfry::exposition
