#include "agent/cron/expression.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "agent/cron/expression_parser.h"
#include "agent/cron/go_syntax.h"

namespace belfry::cron {
namespace {

bool IsNotContinuation(char c) { return (c & 0xC0) != 0x80; }

// Columns are for people: they count characters, not bytes.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, IsNotContinuation));
}

ParseError Locate(const Error& error, std::string_view fault, std::string_view text) {
  const auto offset = static_cast<size_t>(fault.data() - text.data());
  return {.message = error.message,
          .column = Characters(text.substr(0, offset)) + 1,
          .width = std::max<size_t>(Characters(fault), 1)};
}

// The text after the zone prefix, and the zone's name.
struct Prefixed {
  std::string_view zone;
  std::string_view rest;
};

Result<Prefixed> TakePrefix(FieldParser& parser, std::string_view text) {
  if (!text.starts_with("TZ=") && !text.starts_with("CRON_TZ=")) return Prefixed{.zone = {}, .rest = text};
  const size_t equals = text.find('=');
  const size_t space = std::min(text.find(' '), text.size());
  const std::string_view name = text.substr(equals + 1, space - equals - 1);
  // Go's library reads an empty name as UTC, and "Local" as the host's zone.
  if (!name.empty() && name != "Local") {
    const auto zone = LoadZone(name);
    if (!zone)
      return parser.Fail(name, fmt::format("provided bad location {}: {}", name, zone.error().message));
  }
  std::string_view rest = text.substr(space);
  size_t width = 0;
  while (!rest.empty() && GoIsSpace(rest, 0, width)) rest.remove_prefix(width);
  size_t end = 0;
  for (const std::string_view word : Words(rest))
    end = static_cast<size_t>(word.data() + word.size() - rest.data());
  return Prefixed{.zone = name.empty() ? "UTC" : name, .rest = rest.substr(0, end)};
}

Result<Schedule> ParseWithPrefix(FieldParser& parser, std::string_view text, Profile profile) {
  ASSIGN_OR_RETURN(const Prefixed prefixed, TakePrefix(parser, text));
  ASSIGN_OR_RETURN(Schedule schedule, ParseStandard(parser, prefixed.rest));
  if (prefixed.zone.empty()) return schedule;
  if (profile == Profile::kKubernetes) {
    return parser.Fail(
        text.substr(0, static_cast<size_t>(prefixed.zone.data() + prefixed.zone.size() - text.data())),
        "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  }
  if (prefixed.zone != "Local") schedule.time_zone = prefixed.zone;
  return schedule;
}

Result<Schedule> ParseText(FieldParser& parser, std::string_view text, Profile profile) {
  if (text.empty()) return parser.Fail(text, "empty spec string");
  return profile == Profile::kAws ? ParseAws(parser, text) : ParseWithPrefix(parser, text, profile);
}

}  // namespace

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t pos = 0, width = 0; pos <= text.size(); pos += width) {
    width = 1;
    if (pos < text.size() && !GoIsSpace(text, pos, width)) continue;
    if (pos > begin) words.push_back(text.substr(begin, pos - begin));
    begin = pos + width;
  }
  return words;
}

Result<void> CheckFieldCount(FieldParser& parser, const std::vector<std::string_view>& words, size_t wanted,
                             std::string_view text) {
  if (words.size() == wanted) return {};
  const std::string_view where = words.size() > wanted ? words[wanted] : text.substr(text.size());
  return parser.Fail(where, fmt::format("expected exactly {} fields, found {}: [{}]", wanted, words.size(),
                                        fmt::join(words, " ")));
}

std::variant<Schedule, ParseError> ParseExpression(std::string_view text, Profile profile) {
  FieldParser parser;
  auto schedule = ParseText(parser, text, profile);
  if (schedule) return *std::move(schedule);
  return Locate(schedule.error(), parser.fault(), text);
}

Result<Schedule> Parse(std::string_view text, Profile profile) {
  FieldParser parser;
  return ParseText(parser, text, profile);
}

}  // namespace belfry::cron
