// Signals as events of a loop.
#pragma once

#include <functional>
#include <initializer_list>

#include "agent/base/event_loop.h"
#include "agent/base/result.h"
#include "agent/base/unique_fd.h"

namespace belfry {

// Blocks the signals in the calling thread (and so in every thread it starts later), to be called in main
// before any other thread exists. Children must unblock them; the supervisor's spawn does.
void BlockSignals(std::initializer_list<int> signals);

// Calls `handler` on the loop for each of `signals` that arrives. Requires: BlockSignals was called with
// them.
class SignalWatcher {
 public:
  SignalWatcher(EventLoop& loop, std::initializer_list<int> signals, std::function<void(int)> handler);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  EventLoop& loop_;
  UniqueFd fd_;
  WatchId watch_ = WatchId::kNone;
};

}  // namespace belfry
