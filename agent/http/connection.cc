#include "agent/http/connection.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "agent/base/log.h"
#include "agent/http/exchange_responder.h"
#include "agent/http/response_head.h"

namespace belfry::http {
namespace {

constexpr size_t kReadBytes = 16 * 1024;
constexpr Duration kLingerTime = seconds(2);

}  // namespace

Connection::Connection(ConnectionHost& host, std::unique_ptr<Stream> stream, std::string remote, bool refuse)
    : host_(host),
      stream_(std::move(stream)),
      remote_(std::move(remote)),
      refuse_(refuse),
      reader_(host.options.limits),
      read_buffer_(kReadBytes),
      read_timer_(host.loop),
      write_timer_(host.loop) {}

void Connection::Start() {
  ArmReadTimer();
  ReadMore();
}

void Connection::Abort() {
  if (std::exchange(state_, State::kClosed) == State::kClosed) return;
  stream_->Close();
  read_timer_.Cancel();
  write_timer_.Cancel();
  if (exchange_) {
    exchange_->gone = true;
    host_.counters.cut_off++;
  }
  exchange_.reset();
  const auto self = shared_from_this();
  const std::deque<Item> unsent = std::exchange(out_, {});  // what they hold may come back here as it goes
  host_.closed(self);
}

// --- reading

void Connection::ReadMore() {
  const bool full = state_ == State::kAnswering && input_.size() >= host_.options.limits.header_bytes;
  if (reading_ || peer_finished_ || full || state_ == State::kClosed) return;
  reading_ = true;
  stream_->ReadSome(read_buffer_, [self = shared_from_this()](std::error_code error, size_t bytes) {
    self->OnRead(error, bytes);
  });
}

void Connection::OnRead(std::error_code error, size_t bytes) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) return Abort();
  host_.counters.bytes_received += bytes;
  if (bytes == 0) return OnPeerFinished();
  if (state_ != State::kLingering) input_.append(read_buffer_.data(), bytes);
  if (state_ == State::kReading) {
    Parse();
  } else {
    ReadMore();
  }
}

void Connection::OnPeerFinished() {
  peer_finished_ = true;
  if (state_ != State::kAnswering) return Abort();
  if (begun_) WatchHalfClosed();
}

void Connection::WatchHalfClosed() {
  read_timer_.RunAfter(host_.options.half_close_timeout, [this, before = pieces_written_] {
    if (out_.empty() && pieces_written_ == before) return Abort();
    WatchHalfClosed();
  });
}

void Connection::Parse() {
  const RequestReader::Progress progress = reader_.Feed(input_);
  if (progress == RequestReader::Progress::kRefused) return Refuse(reader_.refusal());
  if (progress == RequestReader::Progress::kDone) return Dispatch();
  if (peer_finished_) return Abort();
  if (reader_.TakeExpectContinue()) Push({.head = "HTTP/1.1 100 Continue\r\n\r\n"});
  ArmReadTimer();
  ReadMore();
}

void Connection::ArmReadTimer() {
  Wait wait = served_ ? Wait::kIdle : Wait::kFirst;
  if (reader_.started() || !input_.empty()) wait = reader_.head_done() ? Wait::kBody : Wait::kHead;
  if (std::exchange(wait_, wait) == wait) return;
  const ServerOptions& options = host_.options;
  const Duration limit = wait == Wait::kIdle   ? options.idle_timeout
                         : wait == Wait::kBody ? options.body_timeout
                                               : options.header_timeout;
  read_timer_.RunAfter(limit, [this] { OnReadTimeout(); });
}

void Connection::OnReadTimeout() {
  host_.counters.timeouts++;
  if (wait_ == Wait::kIdle || wait_ == Wait::kFirst) return Abort();
  Refuse({408, "request timeout"});
}

void Connection::Dispatch() {
  read_timer_.Cancel();
  wait_ = Wait::kNone;
  state_ = State::kAnswering;
  keep_alive_ = reader_.keep_alive() && !refuse_;
  http_1_0_ = reader_.http_1_0();
  begun_ = ended_ = chunked_ = false;
  served_ = true;
  Request request = reader_.Take();
  request.remote = remote_;
  head_only_ = request.method == "HEAD";
  host_.counters.requests++;
  exchange_ = std::make_shared<Exchange>();
  exchange_->loop_thread = std::this_thread::get_id();
  const auto exchange = exchange_;
  const auto self = shared_from_this();
  ReadMore();
  if (refuse_) return Answer(exchange.get(), TextResponse(503, "too many connections\n"));
  try {
    host_.router.Serve(std::move(request),
                       MakeResponder(host_.loop, self, exchange, host_.options.max_queued_bytes));
  } catch (const std::exception& e) {
    LogError("http", "handler failed", {{"cause", e.what()}});
    Abandon(exchange.get());
  }
}

void Connection::Refuse(Refusal refusal) {
  read_timer_.Cancel();
  wait_ = Wait::kNone;
  state_ = State::kAnswering;
  keep_alive_ = head_only_ = http_1_0_ = begun_ = ended_ = chunked_ = false;
  input_.clear();
  host_.counters.malformed++;
  exchange_ = std::make_shared<Exchange>();
  Answer(exchange_.get(), TextResponse(refusal.status, refusal.text + "\n"));
}

// --- answering

void Connection::Answer(const Exchange* exchange, Response response) {
  if (exchange != exchange_.get() || exchange == nullptr || begun_) return;
  begun_ = ended_ = true;
  PushHead(response.status, response.headers, response.body.size(), false);
  if (!head_only_ && HasBody(response.status)) Push({.body = std::move(response.body)});
}

void Connection::BeginAnswer(const Exchange* exchange, int status, const Headers& headers) {
  if (exchange != exchange_.get() || exchange == nullptr || begun_) return;
  begun_ = true;
  chunked_ = !http_1_0_ && HasBody(status);
  if (http_1_0_) keep_alive_ = false;  // the end of the connection is the end of the body
  PushHead(status, headers, std::nullopt, chunked_);
  if (head_only_ || !HasBody(status)) {
    ended_ = true;
    exchange_->gone = true;  // pieces have nowhere to go
  }
  if (peer_finished_) WatchHalfClosed();
}

void Connection::PushHead(int status, const Headers& headers, std::optional<size_t> length, bool chunked) {
  host_.counters.responses[static_cast<size_t>(status / 100) % 6]++;
  const std::string date = FormatHttpDate(host_.loop.Now());
  HeadOptions options{
      .chunked = chunked, .keep_alive = keep_alive_, .http_1_0 = http_1_0_, .date = std::string_view(date)};
  if (length && HasBody(status)) options.content_length = *length;
  Push({.head = FormatHead(status, headers, options)});
}

void Connection::WritePiece(const Exchange* exchange, std::string piece, std::function<void()> drained) {
  if (exchange != exchange_.get() || exchange == nullptr || !begun_ || ended_) return;
  Item item{.body = std::move(piece), .drained = std::move(drained), .counted = true};
  // An empty chunk would end the body; its `drained` still waits its turn.
  if (chunked_ && !item.body.empty()) {
    item.head = fmt::format("{:x}\r\n", item.body.size());
    item.tail = "\r\n";
  }
  ++pieces_written_;
  Push(std::move(item));
}

void Connection::EndAnswer(const Exchange* exchange) {
  if (exchange != exchange_.get() || exchange == nullptr || !begun_ || ended_) return;
  ended_ = true;
  Push({.tail = chunked_ ? "0\r\n\r\n" : ""});
}

void Connection::Abandon(const Exchange* exchange) {
  if (exchange != exchange_.get() || exchange == nullptr || ended_) return;
  if (!begun_) return Answer(exchange, TextResponse(500, "internal error: the request was not answered\n"));
  Abort();  // a body without its end: the peer sees that it is not whole
}

void Connection::Push(Item item) {
  out_.push_back(std::move(item));
  // Later, so that head, pieces and end of one turn of the loop leave in one system call.
  if (writing_ || std::exchange(flush_posted_, true)) return;
  host_.loop.Post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->Flush();
  });
}

void Connection::Flush() {
  if (writing_ || state_ == State::kClosed) return;
  std::array<std::string_view, 15> pieces;
  size_t count = 0;
  size_t skip = first_written_;
  for (const Item& item : out_) {
    if (count + 3 > pieces.size()) break;
    for (std::string_view part : {std::string_view(item.head), std::string_view(item.body), item.tail}) {
      const size_t cut = std::min(skip, part.size());
      skip -= cut;
      if (part.size() > cut) pieces[count++] = part.substr(cut);
    }
  }
  if (count == 0) return OnWritten({}, 0);
  writing_ = true;
  write_timer_.RunAfter(host_.options.write_timeout, [this] {
    host_.counters.timeouts++;
    Abort();
  });
  stream_->WriteSome(std::span(pieces.data(), count),
                     [self = shared_from_this()](std::error_code error, size_t bytes) {
                       self->writing_ = false;
                       self->OnWritten(error, bytes);
                     });
}

void Connection::OnWritten(std::error_code error, size_t bytes) {
  if (state_ == State::kClosed) return;
  write_timer_.Cancel();
  if (error) return Abort();
  host_.counters.bytes_sent += bytes;
  for (const auto& drained : DropWritten(bytes)) drained();
  if (state_ == State::kClosed) return;
  if (!out_.empty()) {
    if (!flush_posted_) Flush();
  } else if (state_ == State::kAnswering && ended_) {
    FinishAnswer();
  }
}

std::vector<std::function<void()>> Connection::DropWritten(size_t bytes) {
  std::vector<std::function<void()>> drained;
  first_written_ += bytes;
  while (!out_.empty() && first_written_ >= out_.front().size()) {
    Item& item = out_.front();
    first_written_ -= item.size();
    if (item.counted && exchange_) exchange_->queued -= item.body.size();
    if (item.drained) drained.push_back(std::move(item.drained));
    out_.pop_front();
  }
  return drained;
}

void Connection::FinishAnswer() {
  exchange_->gone = true;
  exchange_.reset();
  if (!keep_alive_) return Linger();
  read_timer_.Cancel();
  state_ = State::kReading;
  Parse();
}

// Closing with bytes unread would reset the connection and take the answer away from its reader (RFC
// 9112, 9.6).
void Connection::Linger() {
  if (peer_finished_) return Abort();
  state_ = State::kLingering;
  stream_->ShutdownWrite();
  read_timer_.RunAfter(kLingerTime, [this] { Abort(); });
  ReadMore();
}

}  // namespace belfry::http
