#include "agent/base/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "agent/base/check.h"

namespace belfry {
namespace {

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockSignals(std::initializer_list<int> signals) {
  const sigset_t set = SetOf(signals);
  CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

SignalWatcher::SignalWatcher(EventLoop& loop, std::initializer_list<int> signals,
                             std::function<void(int)> handler)
    : loop_(loop) {
  const sigset_t set = SetOf(signals);
  fd_ = UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  CHECK(fd_.valid());
  watch_ = loop_.Watch(fd_.get(), {.readable = true}, [this, handler = std::move(handler)](FdEvents) {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      handler(static_cast<int>(info.ssi_signo));
    }
  });
}

SignalWatcher::~SignalWatcher() { loop_.Unwatch(watch_); }

}  // namespace belfry
