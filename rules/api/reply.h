// Answers that may be large: their values are taken where the data live, their text is made where it is sent,
// a piece at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "agent/http/router.h"

namespace belfry::rules_api {

inline constexpr size_t kPieceBytes = 64 * 1024;

struct Reply {
  Reply(http::Response whole) : response(std::move(whole)) {}  // NOLINT: implicit on purpose
  explicit Reply(std::function<bool(std::string&)> pieces) : next(std::move(pieces)) {}

  http::Response response;
  // Set: the JSON body of a 200. Appends about kPieceBytes; false: that was the last of it. What it holds is
  // its own, so it may be called on another thread.
  std::function<bool(std::string& out)> next;
};

// `open`, `count` elements with commas between them, `close`.
Reply ListReply(std::string open, size_t count, std::function<void(size_t index, std::string& out)> element,
                std::string close);

// Sends it; beyond one piece, the next is made when the one before has left. Thread: the HTTP loop's.
void SendReply(Reply reply, std::shared_ptr<http::Responder> responder);

}  // namespace belfry::rules_api
