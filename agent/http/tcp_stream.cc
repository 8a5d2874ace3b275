#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "agent/http/stream.h"

namespace belfry::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class TcpStream : public Stream {
 private:
  static constexpr size_t kMaxPieces = 16;

  // An operation may have succeeded just before Close; its callback is dropped all the same.
  auto Adapt(Done done) {
    return [done = std::move(done), open = open_](error_code error, size_t bytes) {
      if (!*open || error == asio::error::operation_aborted) return;
      done(error == asio::error::eof ? std::error_code() : std::error_code(error), bytes);
    };
  }

 public:
  TcpStream(asio::io_context& context, UniqueFd socket, bool ipv6)
      : socket_(context, ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), socket.Release()) {
    error_code ignored;  // a peer that has already left shows on the first read
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }

  void ReadSome(std::span<char> buffer, Done done) override {
    socket_.async_read_some(asio::buffer(buffer.data(), buffer.size()), Adapt(std::move(done)));
  }

  void WriteSome(std::span<const std::string_view> pieces, Done done) override {
    std::array<asio::const_buffer, kMaxPieces> buffers;  // unused ones are empty
    for (size_t i = 0; i < std::min(pieces.size(), kMaxPieces); ++i) {
      buffers[i] = asio::buffer(pieces[i].data(), pieces[i].size());
    }
    socket_.async_write_some(buffers, Adapt(std::move(done)));
  }

  void ShutdownWrite() override {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }

  void Close() override {
    *open_ = false;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  asio::ip::tcp::socket socket_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Stream> MakeTcpStream(asio::io_context& context, UniqueFd socket, bool ipv6) {
  return std::make_unique<TcpStream>(context, std::move(socket), ipv6);
}

}  // namespace belfry::http
