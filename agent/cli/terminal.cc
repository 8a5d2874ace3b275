#include "agent/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace belfry::cli {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

size_t WidthOf(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
}

// At most `width` characters, none cut in two: a line that wraps could not be erased.
std::string_view Cut(std::string_view text, size_t width) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins && ++characters > width) return text.substr(0, i);
  }
  return text;
}

}  // namespace

Terminal::Terminal(int fd) : fd_(fd), interactive_(::isatty(fd) == 1) {}

Terminal::~Terminal() { Status({}); }

void Terminal::Line(std::string_view line) {
  std::string text;
  if (!status_.empty()) text += kEraseLine;
  text.append(line);
  text += '\n';
  Write(text + status_);
}

void Terminal::Status(std::string_view status) {
  if (!interactive_ || status_ == status) return;
  status_ = Cut(status, WidthOf(fd_));
  Write(std::string(kEraseLine) + status_);
}

void Terminal::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // nobody reads any more; the Jobs run on
    text.remove_prefix(static_cast<size_t>(n));
  }
}

std::string Printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }, '?');
  return out;
}

}  // namespace belfry::cli
