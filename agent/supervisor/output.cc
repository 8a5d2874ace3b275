#include "agent/supervisor/output.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "agent/base/check.h"

namespace belfry::supervisor {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
// At most so much of one pipe before the next gets its turn.
constexpr size_t kTurnBytes = 4 * kReadBytes;
constexpr int kEventsPerTurn = 64;

}  // namespace

Output::Output(OutputPump& pump, std::unique_ptr<logs::LogWriter> log) : pump_(pump), log_(std::move(log)) {}

Output::~Output() {
  for (Source& source : sources_) pump_.Close(source.fd);
}

void Output::Take(logs::Stream stream, OutputPipe pipe) {
  Source& source = sources_[static_cast<size_t>(stream)];
  source = {.output = this, .stream = stream, .fd = std::move(pipe.fd)};
  if (!source.fd.valid()) return;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &source}};
  CHECK(::epoll_ctl(pump_.epoll_.get(), EPOLL_CTL_ADD, source.fd.get(), &event) == 0);
}

void Output::Finish() {
  for (Source& source : sources_) {
    if (!source.fd.valid()) continue;
    const int capacity = ::fcntl(source.fd.get(), F_GETPIPE_SZ);
    Read(source, static_cast<size_t>(capacity > 0 ? capacity : 1 << 20));
    pump_.Close(source.fd);
  }
  log_->Finish(pump_.loop_.Now());
  TellTrouble();
}

void Output::TellTrouble() {
  const bool error = !log_->last_error().empty();
  if (log_->dropped_bytes() == told_dropped_ && error == told_error_) return;
  pump_.trouble_(log_->dropped_bytes() - told_dropped_, log_->last_error());
  told_dropped_ = log_->dropped_bytes();
  told_error_ = error;
}

bool Output::Read(Source& source, size_t max_bytes) {
  for (size_t total = 0; total < max_bytes;) {
    const ssize_t n = ::read(source.fd.get(), pump_.buffer_.data(), pump_.buffer_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    const auto size = static_cast<size_t>(n);
    log_->Write(source.stream, std::string_view(pump_.buffer_).substr(0, size), pump_.loop_.Now());
    TellTrouble();
    total += size;
    if (size < pump_.buffer_.size()) return true;
  }
  return true;
}

OutputPump::OutputPump(EventLoop& loop, Trouble trouble)
    : loop_(loop),
      trouble_(std::move(trouble)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kReadBytes, '\0') {
  CHECK(epoll_.valid());
  watch_ = loop_.Watch(epoll_.get(), {.readable = true}, [this](FdEvents) { OnReady(); });
}

OutputPump::~OutputPump() { loop_.Unwatch(watch_); }

// Closing alone would not do: a process that is being born holds copies of all descriptors for a moment, and
// a pipe that is open anywhere goes on reporting to the epoll it was added to.
void OutputPump::Close(UniqueFd& fd) {
  if (!fd.valid()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd.get(), nullptr);
  fd.Reset();
}

void OutputPump::OnReady() {
  epoll_event events[kEventsPerTurn];
  const int n = ::epoll_wait(epoll_.get(), events, kEventsPerTurn, 0);
  for (int i = 0; i < n; ++i) {
    auto& source = *static_cast<Output::Source*>(events[i].data.ptr);
    if (!source.output->Read(source, kTurnBytes)) Close(source.fd);
  }
}

}  // namespace belfry::supervisor
