// Bytes into requests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/http/message.h"

namespace belfry::http {

struct ReaderLimits {
  uint32_t header_bytes = 64 * 1024;
  uint64_t body_bytes = 8 * 1024 * 1024;
};

// Why a request cannot be served, as the peer is told.
struct Refusal {
  int status = 400;
  std::string text;

  bool operator==(const Refusal&) const = default;
};

// Reads one request after the other from a connection's bytes. Knows no socket.
// Source: RFC 9112. Stricter where leniency would let two parties see different requests: Content-Length with
// Transfer-Encoding, transfer codings other than chunked, and a missing or repeated Host are errors.
class RequestReader {
 public:
  enum class Progress {
    kNeedMore,  // for the head, or the body of which the head is known
    kDone,      // Take gives the request
    kRefused,   // refusal() says why; the connection cannot go on
  };

  explicit RequestReader(ReaderLimits limits);
  ~RequestReader();

  // Consumes from `bytes` what belongs to the present request, removing it from the front.
  Progress Feed(std::string& bytes);
  const Refusal& refusal() const { return refusal_; }
  // True between the first byte of a request and its end.
  bool started() const;
  bool head_done() const;
  // True once per request: its sender waits for `100 Continue` before the body.
  bool TakeExpectContinue();
  // Whether the connection may serve another request after this one. Requires: head_done.
  bool keep_alive() const;
  bool http_1_0() const;

  // The finished request, without `remote` and `params`; the reader is ready for the next.
  Request Take();

 private:
  struct Parser;

  Progress Refuse(int status, std::string text);
  std::optional<Refusal> CheckHead() const;

  ReaderLimits limits_;
  Refusal refusal_;
  bool head_checked_ = false;
  bool expect_continue_ = false;
  std::unique_ptr<Parser> parser_;
};

}  // namespace belfry::http
