// A peer that sends exactly the bytes it is told, with blocking sockets on loopback.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "agent/base/unique_fd.h"

namespace belfry::http {

class RawClient {
 public:
  explicit RawClient(uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};  // bounds a broken test, never waited for by a good one
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  // False once the peer has gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void FinishSending() { ::shutdown(fd_.get(), SHUT_WR); }
  void Close() { fd_.Reset(); }

  // One read; empty at the end.
  std::string ReadSome(size_t max = 65536) {
    std::string buffer(max, '\0');
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    buffer.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return buffer;
  }
  std::string ReadToEnd() {
    std::string all = std::exchange(rest_, {});
    for (std::string some = ReadSome(); !some.empty(); some = ReadSome()) all += some;
    return all;
  }
  // Up to and with the first `mark`; what follows is kept for the next read. All there is if it never comes.
  std::string ReadUntil(std::string_view mark) {
    for (;;) {
      if (const size_t at = rest_.find(mark); at != std::string::npos) {
        std::string head = rest_.substr(0, at + mark.size());
        rest_.erase(0, at + mark.size());
        return head;
      }
      const std::string some = ReadSome();
      if (some.empty()) return std::exchange(rest_, {});
      rest_ += some;
    }
  }

 private:
  UniqueFd fd_;
  std::string rest_;
};

}  // namespace belfry::http
