// A connection's bytes, whatever carries them: TCP now, TLS over it later, memory in tests.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "agent/base/unique_fd.h"

namespace boost::asio {
class io_context;
}

namespace belfry::http {

// Thread: the loop's. One read and one write may be under way at a time. Callbacks come on the loop, never
// from inside the call that gave them, and not at all after Close.
class Stream {
 public:
  using Done = std::function<void(std::error_code, size_t bytes)>;

  virtual ~Stream() = default;
  // Reads what is there, at least a byte; no error and 0 bytes: the peer has finished sending. `buffer` stays
  // valid until then.
  virtual void ReadSome(std::span<char> buffer, Done done) = 0;
  // Writes a part of `pieces`, one after the other, at least a byte. What they point to stays valid until
  // then.
  virtual void WriteSome(std::span<const std::string_view> pieces, Done done) = 0;
  // No more is written; the peer may still send.
  virtual void ShutdownWrite() = 0;
  virtual void Close() = 0;
};

// Takes over a connected TCP socket.
std::unique_ptr<Stream> MakeTcpStream(boost::asio::io_context& context, UniqueFd socket, bool ipv6);

}  // namespace belfry::http
