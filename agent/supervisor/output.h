// The two streams of a container, on their way from the pipes to the log.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/base/event_loop.h"
#include "agent/base/unique_fd.h"
#include "agent/logs/writer.h"
#include "agent/supervisor/spawner.h"

namespace belfry::supervisor {

class OutputPump;

// One container's output. Requires: destroyed before its pump, on the loop's thread.
class Output {
 public:
  Output(OutputPump& pump, std::unique_ptr<logs::LogWriter> log);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void Take(logs::Stream stream, OutputPipe pipe);
  // Takes what is left in the pipes, closes them and the log. Requires: the container's processes have ended;
  // a pipe that somebody else holds open does not keep this waiting.
  void Finish();

 private:
  friend class OutputPump;
  struct Source {
    Output* output = nullptr;
    logs::Stream stream = logs::Stream::kStdout;
    UniqueFd fd;
  };

  // Reads about `max_bytes`; false when the pipe has ended.
  bool Read(Source& source, size_t max_bytes);
  void TellTrouble();

  OutputPump& pump_;
  std::unique_ptr<logs::LogWriter> log_;
  std::array<Source, 2> sources_;
  uint64_t told_dropped_ = 0;
  bool told_error_ = false;
};

// Waits for all containers' pipes by one epoll descriptor, so that a short run costs the loop nothing.
// Thread: the loop's.
class OutputPump {
 public:
  // Hears how much more could not be written and why; an empty error: writing works again.
  using Trouble = std::function<void(uint64_t more_dropped_bytes, const std::string& error)>;

  OutputPump(EventLoop& loop, Trouble trouble);
  ~OutputPump();
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

 private:
  friend class Output;
  void OnReady();
  void Close(UniqueFd& fd);

  EventLoop& loop_;
  Trouble trouble_;
  UniqueFd epoll_;
  WatchId watch_;
  std::string buffer_;  // one for all: a read is used up at once
};

}  // namespace belfry::supervisor
