// Number and duration literals.
#include <charconv>
#include <cmath>
#include <limits>

#include "rules/promql/parser.h"
#include "rules/promql/text.h"

namespace belfry::promql {
namespace {

Error NotANumber(std::string_view text, std::string_view why = "invalid syntax") {
  return {Code::kInvalid,
          "error parsing number: strconv.ParseFloat: parsing " + Quote(text) + ": " + std::string(why)};
}

// Go's underscore rule for numbers: only between digits, or between a base prefix and a digit.
bool StripUnderscores(std::string_view text, std::string& out) {
  const bool prefix =
      text.size() > 1 && text[0] == '0' && IsAlpha(text[1]) && text[1] != 'e' && text[1] != 'E';
  const auto digit = [&](char c) { return prefix && (text[1] | 0x20) == 'x' ? IsHexDigit(c) : IsDigit(c); };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool after = i > 0 && (digit(text[i - 1]) || (i == 2 && prefix));
    if (!after || i + 1 >= text.size() || !digit(text[i + 1])) return false;
  }
  return true;
}

// `0x1F`, `0o17`, `0b11`, `017`; false: not such a form (so perhaps a decimal number).
bool ParseBased(std::string_view digits, double& value) {
  if (digits.size() < 2 || digits[0] != '0') return false;
  int base = 8;
  size_t skip = 1;
  switch (digits[1] | 0x20) {
    case 'x':
      base = 16, skip = 2;
      break;
    case 'o':
      base = 8, skip = 2;
      break;
    case 'b':
      base = 2, skip = 2;
      break;
    default:
      break;
  }
  uint64_t integer = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data() + skip, end, integer, base);
  if (error != std::errc() || at != end || integer > INT64_MAX) return false;
  value = static_cast<double>(integer);
  return true;
}

bool ParseWord(std::string_view word, double& value) {
  if (EqualsIgnoringCase(word, "inf") || EqualsIgnoringCase(word, "infinity")) {
    value = std::numeric_limits<double>::infinity();
    return true;
  }
  if (EqualsIgnoringCase(word, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  return false;
}

// `too_large`: a number, but beyond every double.
bool ParseDecimal(std::string_view digits, double& value, bool& too_large) {
  if (digits.empty() || !(IsDigit(digits[0]) || digits[0] == '.')) return false;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, value);
  if (at != end || error == std::errc::invalid_argument) return false;
  if (error == std::errc::result_out_of_range) {
    // Go refuses 1e400 and reads 1e-400 as 0.
    const size_t exponent = digits.find_first_of("eE");
    too_large = exponent == std::string_view::npos || digits.substr(exponent + 1, 1) != "-";
    if (too_large) return false;
    value = 0;
  }
  return true;
}

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr Unit kUnits[] = {{"y", 365 * 86'400'000LL},
                           {"w", 7 * 86'400'000LL},
                           {"d", 86'400'000},
                           {"h", 3'600'000},
                           {"m", 60'000},
                           {"s", 1000},
                           {"ms", 1}};

Error BadDuration(std::string_view text) {
  return {Code::kInvalid, "not a valid duration string: " + Quote(text)};
}

}  // namespace

Result<double> ParseNumber(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  double value = 0;
  std::string digits;
  if (!StripUnderscores(rest, digits)) return NotANumber(text);
  bool too_large = false;
  if (!ParseWord(rest, value) && !ParseBased(digits, value) && !ParseDecimal(digits, value, too_large)) {
    return too_large ? NotANumber(text, "value out of range") : NotANumber(text);
  }
  return negative ? -value : value;
}

Result<Duration> ParsePromDuration(std::string_view text) {
  if (text.empty()) return Error{Code::kInvalid, "empty duration string"};
  if (text == "0") return Duration(0);
  const Error too_long{Code::kInvalid, "duration out of range"};
  constexpr int64_t kMaxMs = std::numeric_limits<int64_t>::max() / 1'000'000;
  int64_t total = 0;
  size_t at = 0;
  for (const Unit& unit : kUnits) {
    size_t end = at;
    while (end < text.size() && IsDigit(text[end])) ++end;
    size_t name_end = end;
    while (name_end < text.size() && IsAlpha(text[name_end])) ++name_end;
    if (end == at || text.substr(end, name_end - end) != unit.name) continue;
    int64_t count = 0;
    if (std::from_chars(text.data() + at, text.data() + end, count).ec != std::errc()) return too_long;
    if (count > (kMaxMs - total) / unit.ms) return too_long;
    total += count * unit.ms;
    at = name_end;
  }
  if (at != text.size()) return BadDuration(text);
  return Duration(std::chrono::milliseconds(total));
}

std::string FormatPromDuration(Duration d) {
  int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  if (ms == 0) return "0s";
  std::string out = ms < 0 ? "-" : "";
  if (ms < 0) ms = -ms;
  for (const Unit& unit : kUnits) {
    // Years and weeks only when nothing remains: 1y is easier to read than 52w1d, 90d than 12w6d.
    const bool coarse = unit.name == "y" || unit.name == "w";
    if (ms < unit.ms || (coarse && ms % unit.ms != 0)) continue;
    out += std::to_string(ms / unit.ms) + std::string(unit.name);
    ms %= unit.ms;
  }
  return out;
}

}  // namespace belfry::promql
