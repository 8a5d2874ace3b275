// GET /metrics.
#pragma once

#include <functional>

#include "agent/base/event_loop.h"
#include "agent/http/router.h"
#include "exporters/exposition/page.h"

namespace belfry::exposition {

// How one scrape went, for the agent's own metrics.
struct ScrapeReport {
  bool complete = false;  // false: given up (the scraper's time was over, or it went away)
  uint64_t bytes = 0;
  Duration took{0};
};

struct MetricsOptions {
  // Takes the snapshots; called on the telemetry loop.
  std::function<Snapshots()> take;
  // Called on the HTTP loop after each scrape; may be empty.
  std::function<void(const ScrapeReport&)> done;
  // How long a scraper that does not say its timeout may take.
  Duration default_timeout = std::chrono::minutes(2);
  size_t piece_bytes = 256 * 1024;
};

// A handler that asks the telemetry loop for snapshots and streams them on the HTTP loop, piece by piece as
// the scraper reads: one piece per scrape is in memory, never the page. The scraper's
// X-Prometheus-Scrape-Timeout-Seconds is kept: before the first byte the answer is 503, after it the
// connection is dropped, for a page cut off in order would make Prometheus mark what is missing as gone.
// Always uncompressed: that is what a scraper on the same host wants, and legal towards every other.
// Requires: both loops outlive the handler and its scrapes. Thread: the HTTP loop's.
http::Handler MetricsHandler(EventLoop& telemetry, EventLoop& http, MetricsOptions options);

}  // namespace belfry::exposition
