#include "rules/api/parameters.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "rules/promql/parser.h"
#include "rules/promql/text.h"

namespace belfry::rules_api {
namespace {

// A plain number of seconds, as a duration of whole milliseconds; nullopt if it is none or out of range.
std::optional<Duration> Seconds(std::string_view text) {
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  // 9e9 seconds are within what nanoseconds in 64 bits can hold.
  if (status != std::errc() || end != text.data() + text.size() || !(std::fabs(number) < 9e9))
    return std::nullopt;
  return milliseconds(std::llround(number * 1000));
}

}  // namespace

Result<Instant> ParseTime(std::string_view text) {
  if (const auto since = Seconds(text)) return Instant(*since);
  if (const auto time = ParseRfc3339(text); time.ok()) return *time;
  return Error{Code::kInvalid, fmt::format("cannot parse \"{}\" to a valid timestamp", text)};
}

Result<Instant> TimeOr(const http::Request& request, std::string_view name, Instant fallback) {
  const auto text = request.QueryValue(name);
  return text && !text->empty() ? ParseTime(*text) : fallback;
}

Result<Duration> ParseStep(std::string_view text) {
  if (const auto step = Seconds(text)) return *step;
  if (const auto step = promql::ParsePromDuration(text); step.ok()) return *step;
  return Error{Code::kInvalid, fmt::format("cannot parse \"{}\" to a valid duration", text)};
}

Result<int64_t> ParseInteger(std::string_view text, std::string_view reader) {
  int64_t number = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool all =
      end == digits.data() + digits.size() && !digits.starts_with("+") && !text.starts_with("+-");
  if (status == std::errc() && all) return number;
  const bool large = status == std::errc::result_out_of_range && all;
  return Error{Code::kInvalid, fmt::format("strconv.{}: parsing {}: {}", reader, promql::Quote(text),
                                           large ? "value out of range" : "invalid syntax")};
}

Result<size_t> ParseLimit(std::string_view text) {
  if (text.empty()) return size_t{0};
  ASSIGN_OR_RETURN(const int64_t limit, ParseInteger(text));
  if (limit < 0) return Error{Code::kInvalid, "limit must be non-negative"};
  return static_cast<size_t>(limit);
}

}  // namespace belfry::rules_api
