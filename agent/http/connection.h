// One peer of the server: its requests one after the other, and their answers.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "agent/base/event_loop.h"
#include "agent/http/request_reader.h"
#include "agent/http/router.h"
#include "agent/http/server_options.h"
#include "agent/http/stream.h"

namespace belfry::http {

class Connection;

// What a connection needs of its server. Outlives the connection's last use of it: Abort.
struct ConnectionHost {
  EventLoop& loop;
  const Router& router;
  const ServerOptions& options;
  ServerCounters& counters;
  std::function<void(const std::shared_ptr<Connection>&)>
      closed;  // called once, when the connection has ended
};

// What a connection and the responder of the present request share. Thread: any.
struct Exchange {
  std::atomic<bool> gone{false};  // nothing written from now on arrives
  std::atomic<size_t> queued{0};  // bytes of the streamed answer that the peer has not taken
  std::atomic<size_t> posted{0};  // calls of the responder on their way to the loop
  std::thread::id loop_thread;
};

// Reading goes on while an answer is made (up to one header limit of bytes): so a peer that leaves is
// noticed, and pipelined requests wait in memory. Answers are sent in the order of the requests because the
// next request is parsed only after the last answer. Thread: the loop's.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `refuse`: every request is answered 503.
  Connection(ConnectionHost& host, std::unique_ptr<Stream> stream, std::string remote, bool refuse);

  void Start();
  void Abort();
  // True between requests.
  bool idle() const { return state_ == State::kReading && !reader_.started(); }

  // The responder's calls; those of an exchange that is over are ignored.
  void Answer(const Exchange* exchange, Response response);
  void BeginAnswer(const Exchange* exchange, int status, const Headers& headers);
  void WritePiece(const Exchange* exchange, std::string piece, std::function<void()> drained);
  void EndAnswer(const Exchange* exchange);
  // The responder went without an answer, or in the middle of one.
  void Abandon(const Exchange* exchange);

 private:
  enum class State { kReading, kAnswering, kLingering, kClosed };
  struct Item {
    std::string head, body;
    std::string_view tail;
    std::function<void()> drained;
    bool counted = false;  // in Exchange::queued

    size_t size() const { return head.size() + body.size() + tail.size(); }
  };

  void ReadMore();
  void OnRead(std::error_code error, size_t bytes);
  void OnPeerFinished();
  void Parse();
  void ArmReadTimer();
  void OnReadTimeout();
  void Dispatch();
  void Refuse(Refusal refusal);
  void PushHead(int status, const Headers& headers, std::optional<size_t> length, bool chunked);
  void Push(Item item);
  void Flush();
  void OnWritten(std::error_code error, size_t bytes);
  std::vector<std::function<void()>> DropWritten(size_t bytes);
  void FinishAnswer();
  void Linger();
  void WatchHalfClosed();

  ConnectionHost& host_;
  std::unique_ptr<Stream> stream_;
  std::string remote_;
  bool refuse_;
  State state_ = State::kReading;
  RequestReader reader_;

  std::vector<char> read_buffer_;
  std::string input_;  // read, not yet parsed
  bool reading_ = false;
  bool peer_finished_ = false;
  enum class Wait { kNone, kFirst, kIdle, kHead, kBody };
  Wait wait_ = Wait::kNone;
  Timer read_timer_;

  std::shared_ptr<Exchange> exchange_;
  bool served_ = false;  // a request before
  bool keep_alive_ = true;
  bool http_1_0_ = false;
  bool head_only_ = false;
  bool begun_ = false;
  bool ended_ = false;
  bool chunked_ = false;

  std::deque<Item> out_;
  size_t first_written_ = 0;  // bytes of out_.front() that are gone
  bool writing_ = false;
  bool flush_posted_ = false;
  uint64_t pieces_written_ = 0;
  Timer write_timer_;
};

}  // namespace belfry::http
