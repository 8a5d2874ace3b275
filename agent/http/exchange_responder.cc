#include "agent/http/exchange_responder.h"

#include <utility>

namespace belfry::http {
namespace {

class ExchangeResponder : public Responder {
 public:
  ExchangeResponder(EventLoop& loop, std::weak_ptr<Connection> connection, std::shared_ptr<Exchange> exchange,
                    size_t max_queued_bytes)
      : loop_(loop),
        connection_(std::move(connection)),
        exchange_(std::move(exchange)),
        max_queued_bytes_(max_queued_bytes) {}

  ~ExchangeResponder() override {
    if (ended_ || closed()) return;
    OnLoop([](Connection& c, const Exchange* e) { c.Abandon(e); });
  }

  void Send(Response response) override {
    if (std::exchange(begun_, true)) return;
    ended_ = true;
    OnLoop([response = std::move(response)](Connection& c, const Exchange* e) mutable {
      c.Answer(e, std::move(response));
    });
  }

  void Begin(int status, Headers headers) override {
    if (std::exchange(begun_, true)) return;
    OnLoop([status, headers = std::move(headers)](Connection& c, const Exchange* e) {
      c.BeginAnswer(e, status, headers);
    });
  }

  bool Write(std::string piece, std::function<void()> drained) override {
    if (!begun_ || ended_ || closed()) return false;
    if (exchange_->queued.fetch_add(piece.size()) + piece.size() > max_queued_bytes_) {
      exchange_->gone = true;
      OnLoop([](Connection& c, const Exchange* e) { c.Abandon(e); });
      return false;
    }
    OnLoop(
        [piece = std::move(piece), drained = std::move(drained)](Connection& c, const Exchange* e) mutable {
          c.WritePiece(e, std::move(piece), std::move(drained));
        });
    return true;
  }

  void End() override {
    if (!begun_ || std::exchange(ended_, true)) return;
    OnLoop([](Connection& c, const Exchange* e) { c.EndAnswer(e); });
  }

  bool closed() const override { return exchange_->gone; }

 private:
  // On the loop itself the call is made at once, unless an earlier one is still on its way there.
  template <class Call>
  void OnLoop(Call call) {
    if (std::this_thread::get_id() == exchange_->loop_thread && exchange_->posted == 0) {
      if (const auto connection = connection_.lock()) call(*connection, exchange_.get());
      return;
    }
    exchange_->posted++;
    // Shared: tasks must be copyable, a large body must not be copied.
    loop_.Post([weak = connection_, exchange = exchange_, call = std::make_shared<Call>(std::move(call))] {
      exchange->posted--;
      if (const auto connection = weak.lock()) (*call)(*connection, exchange.get());
    });
  }

  EventLoop& loop_;
  std::weak_ptr<Connection> connection_;
  std::shared_ptr<Exchange> exchange_;
  size_t max_queued_bytes_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

std::shared_ptr<Responder> MakeResponder(EventLoop& loop, std::weak_ptr<Connection> connection,
                                         std::shared_ptr<Exchange> exchange, size_t max_queued_bytes) {
  return std::make_shared<ExchangeResponder>(loop, std::move(connection), std::move(exchange),
                                             max_queued_bytes);
}

}  // namespace belfry::http
