// The loop of the running agent: Boost.Asio's io_context on one thread.
#pragma once

#include <memory>

#include "agent/base/event_loop.h"

namespace boost::asio {
class io_context;
}

namespace belfry {

// Requires: constructed and destroyed outside Run; handlers destroyed with it must not touch it.
class AsioEventLoop : public EventLoop {
 public:
  AsioEventLoop();
  ~AsioEventLoop() override;

  Instant Now() const override { return clock_.Now(); }
  Duration Monotonic() const override { return clock_.Monotonic(); }
  void Post(Task task) override;
  TimerId RunAt(Instant when, Task task) override;
  TimerId RunAfter(Duration delay, Task task) override;
  void Cancel(TimerId id) override;
  WatchId Watch(int fd, FdEvents interest, std::function<void(FdEvents)> ready) override;
  void Unwatch(WatchId id) override;
  void OnClockJump(std::function<void(Duration)> handler) override;

  // Runs tasks on the calling thread until Stop.
  void Run();
  // Makes Run return after the task in progress. Thread: any; safe in a signal handler's thread, not in the
  // handler.
  void Stop();
  // For agent/http: sockets live on the same loop.
  boost::asio::io_context& context();

 private:
  struct State;
  SystemClock clock_;
  std::unique_ptr<State> state_;
};

}  // namespace belfry
