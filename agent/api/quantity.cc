#include "agent/api/quantity.h"

#include <charconv>
#include <string>

namespace belfry::api {
namespace {

constexpr Quantity kOne = 1'000'000'000;
constexpr Quantity kLimit = kOne * kOne * kOne;  // 10^18 units

struct Suffix {
  std::string_view text;
  int base;
  int exponent;
};
constexpr Suffix kSuffixes[] = {{"", 10, 0},   {"n", 10, -9}, {"u", 10, -6}, {"m", 10, -3},
                                {"k", 10, 3},  {"M", 10, 6},  {"G", 10, 9},  {"T", 10, 12},
                                {"P", 10, 15}, {"E", 10, 18}, {"Ki", 2, 10}, {"Mi", 2, 20},
                                {"Gi", 2, 30}, {"Ti", 2, 40}, {"Pi", 2, 50}, {"Ei", 2, 60}};

Error Malformed(std::string_view text) {
  return {Code::kInvalid, "\"" + std::string(text) + "\" is not a quantity such as 500m, 1.5, 128Mi or 2G"};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The suffix's factor, or an exponent written out (`e3`, `E-2`).
Result<Suffix> ParseSuffix(std::string_view suffix, std::string_view text) {
  for (const Suffix& known : kSuffixes) {
    if (known.text == suffix) return known;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return Malformed(text);
  suffix.remove_prefix(1);
  if (suffix.starts_with('+')) suffix.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc() || end != suffix.data() + suffix.size()) return Malformed(text);
  if (exponent > 18 || exponent < -18) return Malformed(text);
  return Suffix{{}, 10, exponent};
}

// Digits with a point somewhere; `scale` counts the digits behind it that were kept.
bool ParseDigits(std::string_view digits, Quantity& value, int& scale) {
  bool point = false;
  bool any = false;
  for (const char c : digits) {
    if (c == '.') {
      if (std::exchange(point, true)) return false;
      continue;
    }
    any = true;
    if (point && scale == 18) continue;  // beyond what a billionth of the largest suffix can show
    value = value * 10 + (c - '0');
    scale += point ? 1 : 0;
    if (value > kLimit * 1000) return false;
  }
  return any;
}

}  // namespace

Result<Quantity> ParseQuantity(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  size_t length = 0;
  while (length < rest.size() && (IsDigit(rest[length]) || rest[length] == '.')) ++length;
  Quantity value = 0;
  int scale = 0;
  if (!ParseDigits(rest.substr(0, length), value, scale)) return Malformed(text);
  ASSIGN_OR_RETURN(const Suffix suffix, ParseSuffix(rest.substr(length), text));

  int tens = 9 - scale;  // the power of ten that makes it billionths
  if (suffix.base == 10) tens += suffix.exponent;
  Quantity divisor = 1;
  for (; tens < 0; ++tens) divisor *= 10;
  const int twos = suffix.base == 2 ? suffix.exponent : 0;
  for (int i = 0; i < tens + twos; ++i) {
    value *= i < tens ? 10 : 2;
    if (value / divisor > kLimit) return Malformed(text);
  }
  value = value / divisor + (value % divisor != 0 ? 1 : 0);
  return negative ? -value : value;
}

int64_t DivideRoundingUp(Quantity value, Quantity divisor) {
  const Quantity quotient = value / divisor;
  return static_cast<int64_t>(value > 0 && value % divisor != 0 ? quotient + 1 : quotient);
}

}  // namespace belfry::api
