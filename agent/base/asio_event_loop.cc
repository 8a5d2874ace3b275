#include "agent/base/asio_event_loop.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/base/check.h"
#include "agent/base/unique_fd.h"

namespace belfry {

namespace asio = boost::asio;
using boost::system::error_code;

// Timers after a delay are kept by Asio. Timers at a civil time share one timerfd that the kernel cancels
// when the host's clock is set: that wakes the loop at once, which looks at all deadlines anew. Nothing here
// polls.
struct AsioEventLoop::State {
  struct Watched {
    asio::posix::stream_descriptor descriptor;
    FdEvents interest;
    std::function<void(FdEvents)> ready;

    Watched(asio::io_context& context, int fd, FdEvents events, std::function<void(FdEvents)> handler)
        : descriptor(context, fd), interest(events), ready(std::move(handler)) {}
    // The loop does not own the descriptor.
    ~Watched() { descriptor.release(); }
  };
  using CivilTimers = std::multimap<Instant, std::pair<TimerId, Task>>;

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running{context.get_executor()};
  uint64_t next_id = 1;
  std::unordered_map<TimerId, std::unique_ptr<asio::steady_timer>> delays;
  CivilTimers civil;
  std::unordered_map<TimerId, CivilTimers::iterator> civil_by_id;
  UniqueFd civil_fd{::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)};
  std::unordered_map<WatchId, std::shared_ptr<Watched>> watches;
  std::vector<std::function<void(Duration)>> jump_handlers;
  Duration civil_minus_steady{0};

  void ArmCivil();
  void OnCivilReady(const Clock& clock);
  void RunDue(const Clock& clock);
  void WaitFor(WatchId id, asio::posix::stream_descriptor::wait_type type);
};

void AsioEventLoop::State::ArmCivil() {
  // Without a deadline the timer still stands, far away: a jump of the clock must be noticed then too.
  const Instant next = civil.empty() ? Instant(std::chrono::hours(24 * 365 * 200)) : civil.begin()->first;
  const auto since = std::max(next.time_since_epoch(), Duration(1));
  const auto whole = std::chrono::floor<seconds>(since);
  const itimerspec spec{.it_interval = {},
                        .it_value = {.tv_sec = whole.count(), .tv_nsec = (since - whole).count()}};
  const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  CHECK(::timerfd_settime(civil_fd.get(), flags, &spec, nullptr) == 0);
}

void AsioEventLoop::State::RunDue(const Clock& clock) {
  while (!civil.empty() && civil.begin()->first <= clock.Now()) {
    auto [id, task] = std::move(civil.begin()->second);
    civil_by_id.erase(id);
    civil.erase(civil.begin());
    task();
  }
}

void AsioEventLoop::State::OnCivilReady(const Clock& clock) {
  uint64_t expirations = 0;
  const bool jumped = ::read(civil_fd.get(), &expirations, sizeof expirations) < 0 && errno == ECANCELED;
  if (jumped) {
    const Duration before =
        std::exchange(civil_minus_steady, clock.Now().time_since_epoch() - clock.Monotonic());
    for (const auto& handler : jump_handlers) handler(civil_minus_steady - before);
  }
  RunDue(clock);
  ArmCivil();
}

void AsioEventLoop::State::WaitFor(WatchId id, asio::posix::stream_descriptor::wait_type type) {
  const auto it = watches.find(id);
  if (it == watches.end()) return;
  const auto watched = it->second;
  watched->descriptor.async_wait(type, [this, id, type, weak = std::weak_ptr(watched)](error_code error) {
    const auto alive = weak.lock();
    if (error || !alive || !watches.contains(id)) return;
    using Descriptor = asio::posix::stream_descriptor;
    alive->ready({.readable = type == Descriptor::wait_read, .writable = type == Descriptor::wait_write});
    WaitFor(id, type);
  });
}

AsioEventLoop::AsioEventLoop() : state_(std::make_unique<State>()) {
  CHECK(state_->civil_fd.valid());
  state_->civil_minus_steady = Now().time_since_epoch() - Monotonic();
  state_->ArmCivil();
  Watch(state_->civil_fd.get(), {.readable = true}, [this](FdEvents) { state_->OnCivilReady(clock_); });
}

AsioEventLoop::~AsioEventLoop() { state_->watches.clear(); }

void AsioEventLoop::Post(Task task) { asio::post(state_->context, std::move(task)); }

TimerId AsioEventLoop::RunAt(Instant when, Task task) {
  const TimerId id{state_->next_id++};
  const auto it = state_->civil.emplace(when, std::pair(id, std::move(task)));
  state_->civil_by_id.emplace(id, it);
  if (it == state_->civil.begin()) state_->ArmCivil();
  return id;
}

TimerId AsioEventLoop::RunAfter(Duration delay, Task task) {
  const TimerId id{state_->next_id++};
  auto timer = std::make_unique<asio::steady_timer>(state_->context, delay);
  timer->async_wait([this, id, task = std::move(task)](error_code error) {
    if (error || state_->delays.erase(id) == 0) return;
    task();
  });
  state_->delays.emplace(id, std::move(timer));
  return id;
}

void AsioEventLoop::Cancel(TimerId id) {
  state_->delays.erase(id);
  if (const auto it = state_->civil_by_id.find(id); it != state_->civil_by_id.end()) {
    state_->civil.erase(it->second);
    state_->civil_by_id.erase(it);
  }
}

WatchId AsioEventLoop::Watch(int fd, FdEvents interest, std::function<void(FdEvents)> ready) {
  const WatchId id{state_->next_id++};
  state_->watches.emplace(id,
                          std::make_shared<State::Watched>(state_->context, fd, interest, std::move(ready)));
  using Descriptor = asio::posix::stream_descriptor;
  if (interest.readable) state_->WaitFor(id, Descriptor::wait_read);
  if (interest.writable) state_->WaitFor(id, Descriptor::wait_write);
  return id;
}

void AsioEventLoop::Unwatch(WatchId id) {
  const auto it = state_->watches.find(id);
  if (it == state_->watches.end()) return;
  // Now, not with its last owner: the callback under way may watch the same descriptor anew.
  it->second->descriptor.release();
  state_->watches.erase(it);
}

void AsioEventLoop::OnClockJump(std::function<void(Duration)> handler) {
  state_->jump_handlers.push_back(std::move(handler));
}

void AsioEventLoop::Run() { state_->context.run(); }

void AsioEventLoop::Stop() { state_->context.stop(); }

asio::io_context& AsioEventLoop::context() { return state_->context; }

}  // namespace belfry
