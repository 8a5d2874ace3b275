// A responder that keeps what it is told; for tests of handlers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/http/router.h"

namespace belfry::http {

// Thread: one.
class FakeResponder : public Responder {
 public:
  void Send(Response response) override {
    ++answers;
    this->response = std::move(response);
    ended = true;
  }
  void Begin(int status, Headers headers) override {
    ++answers;
    response = Response{status, std::move(headers), {}};
  }
  // Calls `drained` at once unless `hold_drained`.
  bool Write(std::string piece, std::function<void()> drained = {}) override {
    if (gone) return false;
    pieces.push_back(piece);
    response->body += piece;
    if (drained && hold_drained) {
      held.push_back(std::move(drained));
    } else if (drained) {
      drained();
    }
    return true;
  }
  void End() override { ended = true; }
  bool closed() const override { return gone; }

  int answers = 0;                          // 1 once it was answered or begun
  std::optional<Response> response;         // a streamed body is put together in it
  std::vector<std::string> pieces;          // of a streamed answer
  bool ended = false;                       // Send or End was called
  bool gone = false;                        // set by the test: the peer has left
  bool hold_drained = false;                // set by the test: a slow reader
  std::vector<std::function<void()>> held;  // call them to let it read on
};

}  // namespace belfry::http
