// What a server allows, and what it has counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "agent/base/time.h"
#include "agent/http/request_reader.h"

namespace belfry::http {

struct ServerOptions {
  ReaderLimits limits;  // more is 431 (header) or 413 (body)
  // Connections open at once; those above get one 503 each, and far above are closed unheard.
  size_t max_connections = 1024;
  Duration idle_timeout = minutes(2);     // between requests
  Duration header_timeout = seconds(10);  // from a request's first byte to the end of its head
  Duration body_timeout = seconds(60);    // from there to the end of its body
  // Without a byte taken by the peer. Long: the reader of a log may stand still in a pager.
  Duration write_timeout = minutes(5);
  // A peer that has finished sending may still read (`printf … | nc`), so its stream goes on; one that is
  // idle for so long ends.
  Duration half_close_timeout = seconds(5);
  // Of one streamed answer, written and not yet taken; a writer that ignores `drained` runs into it and is
  // cut off.
  size_t max_queued_bytes = 64 * 1024 * 1024;
};

struct ServerStats {
  uint64_t connections = 0;       // accepted since the start
  uint64_t open_connections = 0;  // now
  uint64_t refused = 0;           // above max_connections
  uint64_t accept_errors = 0;
  uint64_t requests = 0;
  std::array<uint64_t, 6> responses{};  // by status/100
  uint64_t malformed = 0;               // requests refused by the reader: 4xx, 5xx without a handler
  uint64_t timeouts = 0;
  uint64_t cut_off = 0;  // answers that their peer did not get to the end
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
};

// ServerStats while they are counted. Thread: any.
struct ServerCounters {
  std::atomic<uint64_t> connections{0}, open_connections{0}, refused{0}, accept_errors{0}, requests{0};
  std::array<std::atomic<uint64_t>, 6> responses{};
  std::atomic<uint64_t> malformed{0}, timeouts{0}, cut_off{0}, bytes_received{0}, bytes_sent{0};
};

}  // namespace belfry::http
