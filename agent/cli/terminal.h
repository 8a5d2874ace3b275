// Lines on standard output, and on a terminal one line below them that changes.
#pragma once

#include <string>
#include <string_view>

namespace belfry::cli {

class Terminal {
 public:
  // `fd`: where lines go. On a terminal the status line is shown, elsewhere it is not.
  explicit Terminal(int fd);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void Line(std::string_view line);
  // Replaces the status line; empty removes it.
  void Status(std::string_view status);
  bool interactive() const { return interactive_; }

 private:
  void Write(std::string_view text);

  int fd_;
  bool interactive_;
  std::string status_;
};

// `text` without what would move a terminal's cursor or change its state: control characters become `?`, tabs
// stay.
std::string Printable(std::string_view text);

}  // namespace belfry::cli
