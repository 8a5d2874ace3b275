#include "rules/api/reply.h"

namespace belfry::rules_api {
namespace {

// Lives in the `drained` that it waits for.
class Streamed : public std::enable_shared_from_this<Streamed> {
 public:
  Streamed(std::function<bool(std::string&)> next, std::shared_ptr<http::Responder> responder)
      : next_(std::move(next)), responder_(std::move(responder)) {}

  void Start() {
    std::string first;
    if (!next_(first)) return responder_->Send(http::JsonResponse(200, std::move(first)));
    responder_->Begin(200, {{"Content-Type", "application/json"}});
    Write(std::move(first));
  }

 private:
  void Write(std::string piece) {
    responder_->Write(std::move(piece), [self = shared_from_this()] { self->Continue(); });
  }

  void Continue() {
    if (responder_->closed()) return;
    std::string piece;
    if (next_(piece)) return Write(std::move(piece));
    responder_->Write(std::move(piece));
    responder_->End();
  }

  std::function<bool(std::string&)> next_;
  std::shared_ptr<http::Responder> responder_;
};

}  // namespace

Reply ListReply(std::string open, size_t count, std::function<void(size_t, std::string&)> element,
                std::string close) {
  return Reply([open = std::move(open), count, element = std::move(element), close = std::move(close),
                index = size_t{0}](std::string& out) mutable {
    if (index == 0) out += open;
    for (; index < count; ++index) {
      if (out.size() >= kPieceBytes) return true;
      if (index > 0) out += ',';
      element(index, out);
    }
    out += close;
    return false;
  });
}

void SendReply(Reply reply, std::shared_ptr<http::Responder> responder) {
  if (!reply.next) return responder->Send(std::move(reply.response));
  std::make_shared<Streamed>(std::move(reply.next), std::move(responder))->Start();
}

}  // namespace belfry::rules_api
