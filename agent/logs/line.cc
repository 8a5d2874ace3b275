#include "agent/logs/line.h"

namespace belfry::logs {
namespace {

// Takes the word before the next space off `rest`; nullopt if there is no space.
std::optional<std::string_view> Word(std::string_view& rest) {
  const size_t space = rest.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space + 1);
  return word;
}

std::optional<Stream> StreamOf(std::string_view name) {
  if (name == "stdout") return Stream::kStdout;
  if (name == "stderr") return Stream::kStderr;
  return std::nullopt;
}

}  // namespace

std::string_view StreamName(Stream stream) { return stream == Stream::kStdout ? "stdout" : "stderr"; }

void AppendLine(std::string& out, std::string_view time, Stream stream, bool partial, std::string_view text) {
  out.append(time).append(1, ' ').append(StreamName(stream)).append(partial ? " P " : " F ");
  out.append(text).append(1, '\n');
}

std::optional<LogLine> ParseLine(std::string_view line) {
  const auto time_text = Word(line);
  const auto stream_name = time_text ? Word(line) : std::nullopt;
  const auto tag = stream_name ? Word(line) : std::nullopt;
  // A tag may carry more words after a colon; only the first says whether the line is whole.
  if (!tag || tag->empty() || (tag->front() != 'P' && tag->front() != 'F')) return std::nullopt;
  if (tag->size() > 1 && (*tag)[1] != ':') return std::nullopt;
  const auto stream = StreamOf(*stream_name);
  const auto time = ParseRfc3339(*time_text);
  if (!stream || !time.ok()) return std::nullopt;
  return LogLine{.time = *time, .stream = *stream, .partial = tag->front() == 'P', .text = std::string(line)};
}

}  // namespace belfry::logs
