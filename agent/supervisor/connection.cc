#include "agent/supervisor/connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "agent/base/log.h"
#include "agent/supervisor/codec.h"

namespace belfry::supervisor {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
// A peer that reads nothing for so long is dropped; it learns everything again when it comes back.
constexpr size_t kMaxUnsent = 256 << 20;

}  // namespace

Connection::Connection(EventLoop& loop, UniqueFd fd, Handlers handlers)
    : loop_(loop), fd_(std::move(fd)), handlers_(std::move(handlers)) {
  Rewatch();
}

Connection::~Connection() {
  // What the last turn had to say; no more than the kernel takes at once.
  if (!closed_ && !out_.empty()) ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (watch_ != WatchId::kNone) loop_.Unwatch(watch_);
}

void Connection::Rewatch() {
  if (watch_ != WatchId::kNone) loop_.Unwatch(watch_);
  watching_writable_ = !out_.empty();
  watch_ = loop_.Watch(fd_.get(), {.readable = true, .writable = watching_writable_},
                       [this](FdEvents events) { OnReady(events); });
}

void Connection::Send(const Message& message) {
  if (closed_) return;
  AppendFrame(out_, message);
  if (std::exchange(flush_posted_, true)) return;
  loop_.Post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    flush_posted_ = false;
    Flush();
  });
}

void Connection::Flush() {
  size_t sent = 0;
  while (!closed_ && sent < out_.size()) {
    const ssize_t n = ::send(fd_.get(), out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0) return Close(ErrnoError("send"));
    sent += static_cast<size_t>(n);
  }
  out_.erase(0, sent);
  if (closed_) return;
  if (out_.size() > kMaxUnsent) return Close(Error{Code::kTooLarge, "send: the peer does not read"});
  if (watching_writable_ != !out_.empty()) Rewatch();
}

void Connection::OnReady(FdEvents events) {
  const std::weak_ptr<bool> alive = alive_;
  if (events.writable) Flush();
  if (events.readable && !alive.expired() && !closed_) Read();
}

void Connection::Read() {
  std::array<char, kReadBytes> buffer;
  const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (n < 0) return Close(ErrnoError("receive"));
  if (n == 0) return Close(Error{Code::kUnavailable, "receive: the peer has closed the connection"});
  in_.append(buffer.data(), static_cast<size_t>(n));
  Dispatch();
}

// False if the connection is closed or gone.
bool Connection::Dispatch() {
  const std::weak_ptr<bool> alive = alive_;
  size_t consumed = 0;
  for (;;) {
    const auto frame = NextFrame(std::string_view(in_).substr(consumed));
    if (!frame.ok()) return Close(frame.error()), false;
    if (!*frame) break;
    auto message = DecodeFrame((*frame)->body);
    consumed += (*frame)->consumed;
    if (!message.ok() && message.error().code != Code::kUnsupported) return Close(message.error()), false;
    if (!message.ok()) {
      LogWarn("supervisor", "message skipped", {{"error", message.error()}});
      continue;
    }
    handlers_.on_message(*message);
    if (alive.expired() || closed_) return false;
  }
  in_.erase(0, consumed);
  return true;
}

void Connection::Close(const Error& error) {
  if (std::exchange(closed_, true)) return;
  loop_.Unwatch(std::exchange(watch_, WatchId::kNone));
  // The handler may destroy this object, its own closure included.
  const auto on_closed = std::move(handlers_.on_closed);
  on_closed(error);
}

}  // namespace belfry::supervisor
