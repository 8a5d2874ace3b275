#include "agent/cron/go_syntax.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace belfry::cron {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The length of the UTF-8 sequence at the start of `text`, 0 if it is none (over-long forms and surrogates
// are not told apart).
size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  const bool continued =
      std::ranges::all_of(text.substr(1, length - 1), [](char c) { return (c & 0xC0) == 0x80; });
  return continued ? length : 0;
}

std::string EscapeAscii(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
}

struct Unit {
  std::string_view name;
  int64_t nanos;
};
constexpr Unit kUnits[] = {{"ns", 1},
                           {"us", 1'000},
                           {"\xC2\xB5s", 1'000},  // micro sign
                           {"\xCE\xBCs", 1'000},  // Greek mu
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000}};

const Unit* FindUnit(std::string_view name) {
  const auto* it = std::ranges::find(kUnits, name, &Unit::name);
  return it == std::end(kUnits) ? nullptr : it;
}

std::string_view TakeDigits(std::string_view& rest) {
  const auto end = static_cast<size_t>(std::ranges::find_if_not(rest, IsDigit) - rest.begin());
  const std::string_view digits = rest.substr(0, end);
  rest.remove_prefix(end);
  return digits;
}

std::optional<int64_t> Multiply(std::string_view digits, int64_t unit) {
  int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
      return std::nullopt;
  }
  if (__builtin_mul_overflow(value, unit, &value)) return std::nullopt;
  return value;
}

int64_t Fraction(std::string_view digits, int64_t unit) {
  double scale = 0.1;
  double value = 0;
  for (const char c : digits) {
    value += scale * (c - '0');
    scale /= 10;
  }
  // Half a nanosecond more, so that 0.3 s, which has no exact binary form, is not cut to 299,999,999 ns.
  return static_cast<int64_t>(value * static_cast<double>(unit) + 0.5);
}

// One number with its unit at the start of `rest`, taken off it.
Result<int64_t> TakeTerm(std::string_view& rest, std::string_view whole) {
  const Error invalid{Code::kInvalid, fmt::format("time: invalid duration {}", GoQuote(whole))};
  const std::string_view before = TakeDigits(rest);
  std::string_view after;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    after = TakeDigits(rest);
  }
  if (before.empty() && after.empty()) return invalid;
  const auto end = std::ranges::find_if(rest, [](char c) { return c == '.' || IsDigit(c); });
  const std::string_view name = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest.remove_prefix(name.size());
  if (name.empty())
    return Error{Code::kInvalid, fmt::format("time: missing unit in duration {}", GoQuote(whole))};
  const Unit* unit = FindUnit(name);
  if (unit == nullptr) {
    return Error{Code::kInvalid,
                 fmt::format("time: unknown unit {} in duration {}", GoQuote(name), GoQuote(whole))};
  }
  const auto full = Multiply(before, unit->nanos);
  int64_t sum = 0;
  if (!full || __builtin_add_overflow(*full, Fraction(after, unit->nanos), &sum)) return invalid;
  return sum;
}

}  // namespace

std::string GoQuote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length > 1) {
      quoted += text.substr(0, length);
    } else {
      quoted += EscapeAscii(text[0]);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return quoted + "\"";
}

Result<int64_t> GoAtoi(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool plus_minus = text.starts_with("+-");
  if (digits.empty() || plus_minus || status == std::errc::invalid_argument ||
      end != digits.data() + digits.size()) {
    return Error{Code::kInvalid, fmt::format("strconv.Atoi: parsing {}: invalid syntax", GoQuote(text))};
  }
  if (status != std::errc()) {
    return Error{Code::kInvalid, fmt::format("strconv.Atoi: parsing {}: value out of range", GoQuote(text))};
  }
  return value;
}

Result<Duration> GoParseDuration(std::string_view text) {
  const Error invalid{Code::kInvalid, fmt::format("time: invalid duration {}", GoQuote(text))};
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration(0);
  if (rest.empty()) return invalid;
  int64_t total = 0;
  while (!rest.empty()) {
    ASSIGN_OR_RETURN(const int64_t term, TakeTerm(rest, text));
    if (__builtin_add_overflow(total, term, &total)) return invalid;
  }
  return Duration(negative ? -total : total);
}

bool GoIsSpace(std::string_view text, size_t pos, size_t& width) {
  static constexpr std::string_view kWide[] = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80",
                                               "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84",
                                               "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
                                               "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                               "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  const std::string_view rest = text.substr(pos);
  width = 1;
  if (std::string_view(" \t\n\v\f\r").find(rest[0]) != std::string_view::npos) return true;
  const auto* wide =
      std::ranges::find_if(kWide, [&](std::string_view space) { return rest.starts_with(space); });
  if (wide == std::end(kWide)) return false;
  width = wide->size();
  return true;
}

}  // namespace belfry::cron
