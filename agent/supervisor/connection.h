// Messages over a connected socket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/supervisor/message.h"

namespace belfry::supervisor {

// Sends what one turn of the loop has to say in one write. Requires: destroyed on the loop's thread, before
// the loop; may be destroyed in its own handlers.
class Connection {
 public:
  struct Handlers {
    std::function<void(const Message&)> on_message;
    // Called once; nothing else is called after it. Messages of unknown types are skipped, broken ones end
    // the connection.
    std::function<void(const Error&)> on_closed;
  };

  // `fd` must be non-blocking.
  Connection(EventLoop& loop, UniqueFd fd, Handlers handlers);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Send(const Message& message);
  // Everything sent has been given to the kernel.
  bool drained() const { return out_.empty(); }
  // Gives the kernel now what it takes.
  void Flush();

 private:
  void OnReady(FdEvents events);
  void Read();
  bool Dispatch();
  void Rewatch();
  void Close(const Error& error);

  EventLoop& loop_;
  UniqueFd fd_;
  Handlers handlers_;
  WatchId watch_ = WatchId::kNone;
  bool watching_writable_ = false;
  bool flush_posted_ = false;
  bool closed_ = false;
  std::string in_;
  std::string out_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace belfry::supervisor
