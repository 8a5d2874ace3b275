// One line of a container's log, as text in a file and as a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/time.h"

namespace belfry::logs {

enum class Stream { kStdout, kStderr };

// "stdout" or "stderr".
std::string_view StreamName(Stream stream);

struct LogLine {
  Instant time;  // when it was read from the container
  Stream stream = Stream::kStdout;
  bool partial = false;  // the text goes on in the next line of the same stream: no newline follows it
  std::string text;      // any bytes but a newline

  bool operator==(const LogLine&) const = default;
};

// A piece longer than this is cut into partial lines. Units: bytes.
inline constexpr size_t kMaxLineBytes = 16384;

// Appends `<time> <stream> <P|F> <text>\n` to `out`; `time` is an RFC 3339 text.
void AppendLine(std::string& out, std::string_view time, Stream stream, bool partial, std::string_view text);

// Reads such a line, given without its newline; nullopt if it is not one (what a full disk tore, for
// example). Source: the container runtime interface's log format, docs/formats/pod-log.md.
std::optional<LogLine> ParseLine(std::string_view line);

}  // namespace belfry::logs
